package diag

import (
	"encoding/json"
	"io"
)

// WriteJSON prints the problems as {"problems": [...]}, an empty list when
// there are none.
func WriteJSON(w io.Writer, problems []Problem) error {
	if problems == nil {
		problems = []Problem{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Problems []Problem `json:"problems"`
	}{problems})
}
