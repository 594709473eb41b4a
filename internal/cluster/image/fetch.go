package image

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func (s *Store) options(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(s.cfg.Transport),
		remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}),
	}
}

// resolve asks the registry what a tag means now.
func (s *Store) resolve(ctx context.Context, ref name.Reference) (name.Digest, error) {
	descriptor, err := remote.Head(ref, s.options(ctx)...)
	if err != nil {
		return name.Digest{}, err
	}
	return ref.Context().Digest(descriptor.Digest.String()), nil
}

// fetch brings an image to this host: it is unpacked aside and moved into its
// place when it is whole.
func (s *Store) fetch(ctx context.Context, ref name.Digest) (Image, error) {
	began := time.Now()
	remoteImage, err := remote.Image(ref, s.options(ctx)...) // verifies the manifest
	if err != nil {
		return Image{}, err
	}
	config, err := remoteImage.ConfigFile()
	if err != nil {
		return Image{}, err
	}
	dir, err := os.MkdirTemp(s.temporary(), "pull-")
	if err != nil {
		return Image{}, err
	}
	defer removeTree(dir)
	rootfs := filepath.Join(dir, rootfsDir)
	if err := os.Mkdir(rootfs, 0o755); err != nil {
		return Image{}, err
	}
	size, err := s.layers(ctx, remoteImage, rootfs)
	if err != nil {
		return Image{}, err
	}
	image := Image{
		Digest: ref.DigestStr(), Size: size,
		Entrypoint: config.Config.Entrypoint, Cmd: config.Config.Cmd,
		Env: config.Config.Env, User: config.Config.User, WorkingDir: config.Config.WorkingDir,
	}
	data, err := json.MarshalIndent(image, "", "  ")
	if err != nil {
		return Image{}, err
	}
	if err := os.WriteFile(filepath.Join(dir, configFile), data, 0o600); err != nil {
		return Image{}, err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return Image{}, err
	}
	if err := os.Rename(dir, s.home(image.Digest)); err != nil {
		return Image{}, err
	}
	image.Rootfs = filepath.Join(s.home(image.Digest), rootfsDir)
	s.cfg.Logger.Info("image pulled", "image", ref.String(), "bytes", size, "took", time.Since(began).Round(time.Millisecond))
	return image, nil
}

// layers unpacks all layers, the lowest first.
func (s *Store) layers(ctx context.Context, image v1.Image, rootfs string) (int64, error) {
	layers, err := image.Layers()
	if err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(rootfs)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	u := &unpacker{root: root, budget: s.cfg.MaxBytes, entries: maxEntries}
	for i, layer := range layers {
		if err := unpackLayer(ctx, u, layer); err != nil {
			return 0, fmt.Errorf("layer %d: %w", i+1, err)
		}
	}
	return s.cfg.MaxBytes - u.budget, u.finish()
}

func unpackLayer(ctx context.Context, u *unpacker, layer v1.Layer) (err error) {
	content, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer func() {
		if e := content.Close(); err == nil {
			err = e
		}
	}()
	return u.layer(ctx, content) // reads to the end, where the digest is verified
}
