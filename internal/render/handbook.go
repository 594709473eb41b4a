package render

import (
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/handbook"
)

// handbookFiles are the pages for the people who run the platform.
func handbookFiles(in Input) ([]emit.File, error) {
	return handbook.Files(in.Platform, in.Graphs, in.Addresses)
}
