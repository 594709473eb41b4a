package render

import (
	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/terraform"
)

// terraformFiles are the roots and the modules that they use.
func terraformFiles(in Input) ([]emit.File, error) {
	p := in.Platform
	accounts := map[string]string{}
	for _, a := range p.Accounts.IDs {
		accounts[a.Name] = a.ID
	}
	o := terraform.Options{
		Platform: p.Name, Accounts: accounts, StateRegion: p.Cloud.Region,
		Tags: aws.Args{{Key: `"paddock:platform"`, Value: aws.String(p.Name)}, {Key: `"paddock:managed-by"`, Value: aws.String("terraform")}},
	}
	if in.Locate != nil {
		o.Locate = func(from aws.Origin) (terraform.Place, bool) {
			at, ok := in.Locate(from.Environment, from.Key)
			return terraform.Place(at), ok
		}
	}
	return terraform.Files(in.roots(), o)
}
