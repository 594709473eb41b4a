package proc

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Record is what is written down about a process, so that a later Keeper can
// tell it from a stranger with the same number.
type Record struct {
	Name    string `json:"name"`
	Pid     int    `json:"pid"`
	Started uint64 `json:"started"` // as the kernel counts it; only compared
	Boot    string `json:"boot"`    // of which start of the machine
	Token   string `json:"token"`   // in the environment of the process and its descendants
}

// fileName makes any name a file name, without collisions.
func fileName(name string) string {
	plain := name != "" && len(name) < 200 && strings.IndexFunc(name, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) < 0
	if plain {
		return name + ".json"
	}
	return "=" + hex.EncodeToString([]byte(name)) + ".json"
}

func writeRecord(path string, r Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// The rename makes the record whole or absent, also when we are killed.
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func readRecords(dir string) ([]Record, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	records := make([]Record, 0, len(files))
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var r Record
		if err := json.Unmarshal(data, &r); err != nil || fileName(r.Name) != filepath.Base(file) {
			return nil, fmt.Errorf("%s is not a record of a process; delete it", file)
		}
		records = append(records, r)
	}
	return records, nil
}
