// Package store is durable state on disk: where every file of a platform lies,
// writing one so that a crash leaves the old or the new and never half of it,
// who holds the data directory, and whether a recorded process still lives. It
// knows nothing of what the files mean, and starts and stops nothing.
package store
