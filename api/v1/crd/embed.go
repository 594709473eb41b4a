// Package crd holds the custom resource definitions that are generated from
// package v1. It knows nothing of how they are installed.
package crd

import "embed"

// Files are the definitions, one per file.
//
//go:embed *.yaml
var Files embed.FS
