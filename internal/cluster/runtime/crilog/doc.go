// Package crilog writes and reads the log files of containers in the format
// that Kubernetes agreed with container runtimes: a line is
//
//	2026-01-02T15:04:05.999999999Z stdout F text
//
// where F ends a line of the container and P is a part of one that was too long.
// It knows files and lines; which container they belong to, it does not.
package crilog
