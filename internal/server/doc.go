// Package server puts the long-running parts of a platform together and keeps
// them together: it takes the lock of the data directory, starts the engine,
// gives every part what it needs of the others, and stops them in the reverse
// order. It is straight-line wiring; what the parts do is theirs.
package server
