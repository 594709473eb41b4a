package drill

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// temp is a directory that goes away.
type temp struct{ path string }

func tempDir() (temp, error) {
	path, err := os.MkdirTemp("", "paddock-drill-")
	if err != nil {
		return temp{}, fmt.Errorf("directory for the drill's clone: %w", err)
	}
	return temp{path}, nil
}

func (t temp) remove() { _ = os.RemoveAll(t.path) }

// settings are told in a fixed order: FAULT_ERROR_RATE=20%.
func settings(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+"="+m[name])
	}
	return strings.Join(parts, " ")
}
