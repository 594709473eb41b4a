// Package image pulls images from registries and unpacks them into directories,
// one per digest, that containers share as their root.
//
// It verifies what it pulls and lets no layer write outside of its directory.
// It knows nothing of pods; who uses an image is asked when unused ones are
// swept away. Owners, set-user-ID bits and devices are left out: containers of
// level process run as ourselves.
package image
