// Package emit is what all renderers share: a rendered file. One folder below
// for each format. It knows bytes and refuses to know disks.
package emit

// File is one rendered file.
type File struct {
	// Path below the output directory, with slashes.
	Path string
	Data []byte
	// Executable sets the bits that let it be run.
	Executable bool
}
