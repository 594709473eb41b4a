package render

import (
	"encoding/json"

	"paddock.dev/internal/emit"
	"paddock.dev/internal/emit/jira"
)

// ticketFiles are the requests that make the project in which work is planned.
func ticketFiles(in Input) ([]emit.File, error) {
	if in.Platform.Tickets.Provider != "jira" {
		return nil, nil
	}
	data, err := json.MarshalIndent(jira.Requests(in.Platform), "", "  ")
	if err != nil {
		return nil, err
	}
	return []emit.File{{Path: "jira/requests.json", Data: append(data, '\n')}}, nil
}
