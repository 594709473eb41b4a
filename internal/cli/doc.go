// Package cli is the command that people type: arguments, then one call, then a
// view. It knows flags, streams, colours and exit codes; what a command means is
// decided in the packages it calls.
package cli
