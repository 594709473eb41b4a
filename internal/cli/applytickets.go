package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"paddock.dev/internal/applier"
	"paddock.dev/internal/diag"
	"paddock.dev/internal/emit/jira"
)

// applyTickets makes the project in which work is planned.
func (a *app) applyTickets(ctx context.Context, o *applyFlags) error {
	file, err := a.loadGraphFile(o.file)
	if err != nil {
		return err
	}
	base, token := cmp.Or(a.getenv("JIRA_URL"), file.Platform.Tickets.URL), a.getenv("JIRA_TOKEN")
	switch {
	case base == "":
		return usage("no-tickets", o.file+" does not say where Jira is", "Write tickets.url in the file, or set JIRA_URL")
	case token == "":
		return usage("no-token", "There is no token for "+base, "Set JIRA_TOKEN, and JIRA_USER to the mail address that it belongs to when it is an API token of Jira Cloud")
	}
	steps, err := applier.Tickets(ctx, o.jira, base, a.getenv("JIRA_USER"), token)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("not-rendered", o.jira+" holds no rendered requests for Jira", fmt.Sprintf("Render them: paddock render %s -o %s --only jira", o.file, o.jira))
	}
	if printed := a.printTickets(steps, o); printed != nil {
		return printed
	}
	if errors.Is(err, jira.ErrRefused) {
		return diag.Problem{Severity: diag.Error, ID: "tickets-refused", Summary: "Jira refused a request", Detail: err.Error() + ".", Fix: "What was made stays; the same command goes on from there."}
	}
	return err
}

// ticketStep is one request for programs.
type ticketStep struct {
	Name string `json:"name"`
	Made bool   `json:"made"`
	ID   string `json:"id,omitempty"`
}

func (a *app) printTickets(steps []jira.Step, o *applyFlags) error {
	if !o.out.text() {
		answer := []ticketStep{}
		for _, s := range steps {
			answer = append(answer, ticketStep(s))
		}
		return o.out.encode(a.streams.Out, answer)
	}
	made := 0
	for _, s := range steps {
		if s.Made {
			made++
			fmt.Fprintf(a.streams.Out, "%s made\n", s.Name)
		}
	}
	_, err := fmt.Fprintf(a.streams.Out, "%s made, %d there already\n", count(made, "thing"), len(steps)-made)
	return err
}
