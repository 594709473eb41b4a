package kubernetes_test

import (
	"testing"

	"paddock.dev/internal/compile/kubernetes"
	"paddock.dev/internal/model"
)

func TestLocalKeepsTheShape(t *testing.T) {
	source := &model.Source{Dir: "x"}
	p := &model.Platform{Environments: []model.Environment{{Name: "prod", Services: []model.Service{
		{Name: "large", Source: source, Scale: model.Scale{Min: 6, Max: 60, CPU: 60}},
		{Name: "small", Source: source, Scale: model.Scale{Min: 1, Max: 1}},
		{Name: "fixed", Source: source, Scale: model.Scale{Min: 2, Max: 3, CPU: 50}},
	}}}}
	local, scaled := kubernetes.Local(p)
	if !scaled {
		t.Fatal("60 replicas fit on no laptop")
	}
	want := []model.Scale{{Min: 2, Max: 6, CPU: 60}, {Min: 1, Max: 1}, {Min: 2, Max: 3, CPU: 50}}
	for i, s := range local.Environments[0].Services {
		if s.Scale != want[i] {
			t.Errorf("%s: got %+v, want %+v", s.Name, s.Scale, want[i])
		}
	}
	if p.Environments[0].Services[0].Scale.Min != 6 {
		t.Error("the platform itself was changed")
	}
	if again, scaled := kubernetes.Local(local); scaled || again != local {
		t.Error("what fits was changed again")
	}
}
