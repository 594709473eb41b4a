package render

import (
	compiled "paddock.dev/internal/compile/ansible"
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/ansible"
)

// ansibleFiles configure the machines that the Terraform roots make.
func ansibleFiles(in Input) ([]emit.File, error) {
	target := aws.Target{Platform: in.Platform, Graphs: in.Graphs, Addresses: in.Addresses}
	return ansible.Files(compiled.Compile(compiled.Target{
		Platform: in.Platform, Graphs: in.Graphs, Roots: aws.Roots(target), Sites: aws.Sites(target),
	}))
}
