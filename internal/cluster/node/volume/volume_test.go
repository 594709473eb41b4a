package volume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestMake(t *testing.T) {
	dir := t.TempDir()
	text, tokens := "one", 0
	src := Sources{
		ConfigMap: func(context.Context, string) (*corev1.ConfigMap, error) {
			return &corev1.ConfigMap{Data: map[string]string{"a": text, "b": "two"}}, nil
		},
		Secret: func(context.Context, string) (*corev1.Secret, error) {
			return &corev1.Secret{Data: map[string][]byte{"key": []byte("hidden")}}, nil
		},
		Token: func(_ context.Context, audience string, seconds int64) (string, time.Time, error) {
			tokens++
			return fmt.Sprintf("token%d for %s", tokens, audience), time.Unix(seconds, 0), nil
		},
		Field: func(path string) (string, error) { return "field " + path, nil },
	}
	volumes := []corev1.Volume{
		{Name: "tmp", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "cfg", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{}}},
		{Name: "api", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", Audience: "x"}},
			{Secret: &corev1.SecretProjection{Items: []corev1.KeyToPath{{Key: "key", Path: "deep/key"}}}},
			{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "ns", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}}}},
		}}}},
	}
	s := NewSet(dir)
	expect := func(at int64, files map[string]string) {
		t.Helper()
		if err := s.Make(t.Context(), volumes, src, time.Unix(at, 0)); err != nil {
			t.Fatal(err)
		}
		for name, want := range files {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	}
	expect(0, map[string]string{"cfg/a": "one", "cfg/b": "two", "api/token": "token1 for x", "api/deep/key": "hidden", "api/ns": "field metadata.namespace"})
	if err := os.WriteFile(filepath.Join(dir, "tmp", "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	link, _ := os.Readlink(filepath.Join(dir, "api", current))
	expect(100, map[string]string{"api/token": "token1 for x", "tmp/mine": ""})
	if again, _ := os.Readlink(filepath.Join(dir, "api", current)); again != link {
		t.Error("rewritten although nothing changed")
	}
	text = "three"
	expect(3000, map[string]string{"cfg/a": "three", "api/token": "token2 for x", "tmp/mine": ""})
	if left, _ := filepath.Glob(filepath.Join(dir, "cfg", "..[!d]*")); len(left) != 1 {
		t.Errorf("directories stay: %v", left)
	}
}

func TestRefuses(t *testing.T) {
	var unsupported *Unsupported
	err := Check([]corev1.Volume{{Name: "d", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{}}}})
	if !errors.As(err, &unsupported) || unsupported.Kind != "hostPath" {
		t.Error(err)
	}
	for _, name := range []string{"../x", "/x", "..data", "a/../../x"} {
		if err := publish(t.TempDir(), map[string]file{name: {}}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}
