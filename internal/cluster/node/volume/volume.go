// Package volume makes the volumes of pods as directories below the directory
// of the pod: emptyDir, configMap, secret, downward API and projected ones with
// service account tokens. It knows files and their sources; where they are
// mounted, the level of isolation decides.
package volume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Sources are what the files come from.
type Sources struct {
	ConfigMap func(ctx context.Context, name string) (*corev1.ConfigMap, error)
	Secret    func(ctx context.Context, name string) (*corev1.Secret, error)
	Token     func(ctx context.Context, audience string, seconds int64) (token string, expires time.Time, err error)
	Field     func(path string) (string, error)
	Resource  func(*corev1.ResourceFieldSelector) (string, error)
}

// Unsupported says that a pod wants a volume that this node cannot make.
type Unsupported struct{ Volume, Kind string }

func (u *Unsupported) Error() string {
	return fmt.Sprintf("volume %q: volumes of kind %s are not supported on the embedded cluster at this level of isolation; use emptyDir, configMap, secret or projected", u.Volume, u.Kind)
}

// Set are the volumes of one pod.
type Set struct {
	dir    string
	tokens map[string]token
}

type token struct {
	text  string
	renew time.Time
}

// NewSet keeps the volumes of a pod below dir.
func NewSet(dir string) *Set { return &Set{dir: dir, tokens: map[string]token{}} }

// Path is the directory of a volume.
func (s *Set) Path(name string) string { return filepath.Join(s.dir, name) }

// Check finds a volume that cannot be made.
func Check(volumes []corev1.Volume) error {
	for _, v := range volumes {
		if v.EmptyDir == nil && v.ConfigMap == nil && v.Secret == nil && v.DownwardAPI == nil && v.Projected == nil {
			return &Unsupported{Volume: v.Name, Kind: kind(v)}
		}
	}
	return nil
}

func kind(v corev1.Volume) string {
	switch {
	case v.HostPath != nil:
		return "hostPath"
	case v.PersistentVolumeClaim != nil:
		return "persistentVolumeClaim"
	case v.Ephemeral != nil:
		return "ephemeral"
	case v.CSI != nil:
		return "csi"
	case v.NFS != nil:
		return "nfs"
	case v.Image != nil:
		return "image"
	}
	return "other than the usual"
}

// Changes says whether any of the volumes can change while the pod runs, so
// that Make has to be called again from time to time.
func Changes(volumes []corev1.Volume) bool {
	for _, v := range volumes {
		if v.EmptyDir == nil {
			return true
		}
	}
	return false
}

// Make makes the volumes or brings them up to date. Directories are changed as
// a whole, so that a reader sees all of the old files or all of the new ones.
func (s *Set) Make(ctx context.Context, volumes []corev1.Volume, src Sources, now time.Time) error {
	if err := Check(volumes); err != nil {
		return err
	}
	for _, v := range volumes {
		if v.EmptyDir != nil {
			if err := os.MkdirAll(s.Path(v.Name), 0o777); err != nil {
				return err
			}
			continue
		}
		files, err := s.files(ctx, v, src, now)
		if err != nil {
			return fmt.Errorf("volume %q: %w", v.Name, err)
		}
		if err := publish(s.Path(v.Name), files); err != nil {
			return fmt.Errorf("volume %q: %w", v.Name, err)
		}
	}
	return nil
}

// file is one file of a volume, by its path below it.
type file struct {
	data []byte
	mode os.FileMode
}

func (s *Set) files(ctx context.Context, v corev1.Volume, src Sources, now time.Time) (map[string]file, error) {
	files := map[string]file{}
	var err error
	switch {
	case v.ConfigMap != nil:
		err = configMap(ctx, files, src, v.ConfigMap.Name, v.ConfigMap.Items, v.ConfigMap.Optional, mode(v.ConfigMap.DefaultMode))
	case v.Secret != nil:
		err = secret(ctx, files, src, v.Secret.SecretName, v.Secret.Items, v.Secret.Optional, mode(v.Secret.DefaultMode))
	case v.DownwardAPI != nil:
		err = downward(files, src, v.DownwardAPI.Items, mode(v.DownwardAPI.DefaultMode))
	case v.Projected != nil:
		common := mode(v.Projected.DefaultMode)
		for i, p := range v.Projected.Sources {
			switch {
			case p.ConfigMap != nil:
				err = configMap(ctx, files, src, p.ConfigMap.Name, p.ConfigMap.Items, p.ConfigMap.Optional, common)
			case p.Secret != nil:
				err = secret(ctx, files, src, p.Secret.Name, p.Secret.Items, p.Secret.Optional, common)
			case p.DownwardAPI != nil:
				err = downward(files, src, p.DownwardAPI.Items, common)
			case p.ServiceAccountToken != nil:
				err = s.token(ctx, files, src, fmt.Sprintf("%s/%d", v.Name, i), p.ServiceAccountToken, now)
			default:
				err = &Unsupported{Volume: v.Name, Kind: "projected with a source that this node does not know"}
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return files, err
}

func mode(m *int32) os.FileMode {
	if m == nil {
		return 0o644
	}
	return os.FileMode(*m) & 0o777
}

func configMap(ctx context.Context, files map[string]file, src Sources, name string, items []corev1.KeyToPath, optional *bool, m os.FileMode) error {
	object, err := src.ConfigMap(ctx, name)
	if err != nil {
		return absent(err, optional)
	}
	data := map[string][]byte{}
	for k, v := range object.Data {
		data[k] = []byte(v)
	}
	for k, v := range object.BinaryData {
		data[k] = v
	}
	return choose(files, "configmap "+name, data, items, optional, m)
}

func secret(ctx context.Context, files map[string]file, src Sources, name string, items []corev1.KeyToPath, optional *bool, m os.FileMode) error {
	object, err := src.Secret(ctx, name)
	if err != nil {
		return absent(err, optional)
	}
	return choose(files, "secret "+name, object.Data, items, optional, m)
}

func absent(err error, optional *bool) error {
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	return err
}

func choose(files map[string]file, from string, data map[string][]byte, items []corev1.KeyToPath, optional *bool, m os.FileMode) error {
	if len(items) == 0 {
		for key, content := range data {
			files[key] = file{content, m}
		}
		return nil
	}
	for _, item := range items {
		content, ok := data[item.Key]
		if !ok {
			if optional != nil && *optional {
				continue
			}
			return fmt.Errorf("%s has no key %q", from, item.Key)
		}
		own := m
		if item.Mode != nil {
			own = mode(item.Mode)
		}
		files[item.Path] = file{content, own}
	}
	return nil
}

func downward(files map[string]file, src Sources, items []corev1.DownwardAPIVolumeFile, m os.FileMode) error {
	for _, item := range items {
		var (
			text string
			err  error
		)
		switch {
		case item.FieldRef != nil:
			text, err = src.Field(item.FieldRef.FieldPath)
		case item.ResourceFieldRef != nil:
			text, err = src.Resource(item.ResourceFieldRef)
		default:
			err = errors.New("a file of the downward API names neither field nor resource")
		}
		if err != nil {
			return err
		}
		own := m
		if item.Mode != nil {
			own = mode(item.Mode)
		}
		files[item.Path] = file{[]byte(text), own}
	}
	return nil
}

// token asks for a new token when four fifths of the life of the old one are
// over, as the kubelet does.
func (s *Set) token(ctx context.Context, files map[string]file, src Sources, key string, want *corev1.ServiceAccountTokenProjection, now time.Time) error {
	t := s.tokens[key]
	if t.text == "" || !now.Before(t.renew) {
		seconds := int64(3600)
		if want.ExpirationSeconds != nil {
			seconds = *want.ExpirationSeconds
		}
		text, expires, err := src.Token(ctx, want.Audience, seconds)
		if err != nil {
			return err
		}
		t = token{text: text, renew: now.Add(expires.Sub(now) * 4 / 5)}
		s.tokens[key] = t
	}
	files[want.Path] = file{[]byte(t.text), 0o600}
	return nil
}

// EnvName is the variable that tells where a volume is when it cannot be
// mounted.
func EnvName(volume string) string {
	return "PADDOCK_VOLUME_" + strings.ToUpper(strings.ReplaceAll(volume, "-", "_"))
}
