package render

import (
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/jenkins"
)

// deliveryFiles are pipelines, controllers and the rules of the git host.
func deliveryFiles(in Input) ([]emit.File, error) {
	sites := aws.Sites(in.target())
	if len(sites) == 0 {
		return nil, nil
	}
	return jenkins.Files(in.Platform, sites[0].Registry(), sites[0].ToolHost)
}
