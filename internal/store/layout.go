package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Root is the directory that holds the data of all platforms: the flag's value
// when there is one, else $PADDOCK_DATA, else $XDG_DATA_HOME/paddock, else
// ~/.local/share/paddock. getenv answers like os.Getenv. The result is absolute.
func Root(flag string, getenv func(string) string) (string, error) {
	switch {
	case flag != "":
		return filepath.Abs(flag)
	case getenv("PADDOCK_DATA") != "":
		return filepath.Abs(getenv("PADDOCK_DATA"))
	case filepath.IsAbs(getenv("XDG_DATA_HOME")): // the specification ignores relative ones
		return filepath.Join(getenv("XDG_DATA_HOME"), "paddock"), nil
	case filepath.IsAbs(getenv("HOME")):
		return filepath.Join(getenv("HOME"), ".local", "share", "paddock"), nil
	}
	return "", errors.New("no place for data: neither PADDOCK_DATA nor HOME is set")
}

// Layout says where the files of one platform lie. Paths are absolute when the
// root was; nothing is created.
type Layout struct{ dir string }

// At is the layout of the named platform below root.
func At(root, platform string) Layout { return Layout{filepath.Join(root, platform)} }

// Dir holds everything of the platform.
func (l Layout) Dir() string { return l.dir }

// Lock is held by the supervisor for as long as it runs.
func (l Layout) Lock() string { return filepath.Join(l.dir, "lock") }

// State is the supervisor's State as JSON.
func (l Layout) State() string { return filepath.Join(l.dir, "state.json") }

// Kubeconfig is the administrator's way to the API server.
func (l Layout) Kubeconfig() string { return filepath.Join(l.dir, "kubeconfig") }

// PKI holds authorities, certificates and keys.
func (l Layout) PKI() string { return filepath.Join(l.dir, "pki") }

// Etcd holds the API server's database.
func (l Layout) Etcd() string { return filepath.Join(l.dir, "etcd") }

// Git holds one bare repository per service.
func (l Layout) Git() string { return filepath.Join(l.dir, "git") }

// Repository is the bare repository of one service.
func (l Layout) Repository(service string) string { return filepath.Join(l.Git(), service+".git") }

// Registry holds image blobs and manifests.
func (l Layout) Registry() string { return filepath.Join(l.dir, "registry") }

// Builds holds the logs of builds.
func (l Layout) Builds() string { return filepath.Join(l.dir, "builds") }

// BuildLog is what one build printed.
func (l Layout) BuildLog(build string) string { return filepath.Join(l.Builds(), build+".log") }

// Node holds the node agent's pods, images and address book.
func (l Layout) Node() string { return filepath.Join(l.dir, "node") }

// Logs holds what the supervisor and the engine print.
func (l Layout) Logs() string { return filepath.Join(l.dir, "log") }

// Flows holds the flow log of the network.
func (l Layout) Flows() string { return filepath.Join(l.dir, "flows") }

// FlowLog is the file with the newest flow log records.
func (l Layout) FlowLog() string { return filepath.Join(l.Flows(), "flows.log") }

// Platforms names the platforms below root that have ever run, sorted. A root
// that does not exist has none.
func Platforms(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		l := At(root, e.Name())
		for _, mark := range []string{l.State(), l.Lock()} {
			if _, err := os.Stat(mark); err == nil {
				names = append(names, e.Name())
				break
			}
		}
	}
	return names, nil
}
