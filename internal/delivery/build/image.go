package build

import (
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// epoch is the time of everything in an image: when it was built is not part of
// what it is.
var epoch = time.Unix(0, 0).UTC()

// assemble makes the image: one layer with one program, and who it is.
func assemble(r Request, program *layer) (v1.Image, error) {
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.Append(base, mutate.Addendum{
		Layer: program, MediaType: types.OCILayer,
		History: v1.History{Created: v1.Time{Time: epoch}, CreatedBy: "paddock build " + r.Service},
	})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Created = v1.Time{Time: epoch}
	file.Config = v1.Config{
		Entrypoint: []string{"/app/" + r.Service},
		// Nobody: a cluster that refuses root may run it.
		User: "65532:65532",
		Env:  []string{"PATH=/app"},
		Labels: map[string]string{
			"org.opencontainers.image.revision": r.Commit,
			"org.opencontainers.image.source":   "git/" + r.Service + ".git",
			"org.opencontainers.image.title":    r.Service,
		},
	}
	return mutate.ConfigFile(image, file)
}
