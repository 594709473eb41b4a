package render

import (
	compiled "paddock.dev/internal/compile/ansible"
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/ansible"
)

// ansibleFiles configure the machines that the Terraform roots make.
func ansibleFiles(in Input) ([]emit.File, error) {
	return ansible.Files(compiled.Compile(compiled.Target{
		Platform: in.Platform, Graphs: in.Graphs, Roots: in.roots(), Sites: aws.Sites(in.target()),
	}))
}
