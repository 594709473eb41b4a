package cli

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/forensics/lines"
	"paddock.dev/internal/objects"
)

// reportOutput is the flag --output of the commands that also write tables and
// pages.
type reportOutput struct{ output }

var reportFormats = []string{"table", "json", "yaml", "csv", "html"}

// Set refuses other words at once; the other commands' word for a table is text.
func (o *reportOutput) Set(s string) error {
	if s == "text" {
		s = "table"
	}
	if !slices.Contains(reportFormats, s) {
		return errors.New("write table, json, yaml, csv or html")
	}
	o.format = s
	return nil
}

func (o *reportOutput) flag(cmd *cobra.Command) {
	o.format = "table"
	cmd.Flags().VarP(o, "output", "o", "how to print the report: table, json, yaml, csv or html")
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(reportFormats, cobra.ShellCompDirectiveNoFileComp))
}

// storesAt opens all locations.
func (a *app) storesAt(ctx context.Context, locations []string) ([]objects.Store, error) {
	var stores []objects.Store
	for _, location := range locations {
		s, err := a.storeAt(ctx, location)
		if err != nil {
			return nil, err
		}
		stores = append(stores, s)
	}
	return stores, nil
}

// storeAt opens a location and says in our words when there is nothing.
func (a *app) storeAt(ctx context.Context, location string) (objects.Store, error) {
	if location == "-" {
		return objects.Stream(a.streams.In), nil
	}
	s, err := objects.At(ctx, location)
	if err != nil {
		return nil, inputError{diag.Problem{Severity: diag.Error, ID: "unreadable-location", Summary: "There is nothing to read at " + location, Detail: err.Error() + ".", Fix: "Name a file, a directory, s3://bucket/prefix, or - for standard input."}}
	}
	return s, nil
}

// showProgress draws how far the reading is, for those who watch. The function
// that it returns wipes it off.
func (a *app) showProgress(p *lines.Progress) (stop func()) {
	if !a.streams.ErrTerminal {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		began := time.Now()
		for {
			select {
			case <-end:
				fmt.Fprint(a.streams.Err, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprintf(a.streams.Err, "\r%s\x1b[K", progressLine(p, time.Since(began)))
			}
		}
	}()
	return func() { close(end); <-ended }
}

// progressLine is how much was read, how fast, and how long it will take.
func progressLine(p *lines.Progress, took time.Duration) string {
	read, all := p.Read.Load(), p.Bytes.Load()
	rate := float64(read) / max(took.Seconds(), 0.001)
	text := fmt.Sprintf("%s read, %d files, %s/s", size(uint64(read)), p.FilesDone.Load(), size(uint64(rate)))
	if p.Listed.Load() && !p.Unknown.Load() && read > 0 && all >= read {
		left := time.Duration(float64(all-read) / rate * float64(time.Second))
		text = fmt.Sprintf("%s of %s, %d of %d files, %s/s, %s left", size(uint64(read)), size(uint64(all)), p.FilesDone.Load(), p.Files.Load(), size(uint64(rate)), left.Round(time.Second))
	}
	return text
}

// sheet writes CSV for spreadsheets. What logs hold was written by strangers, and
// a cell that begins like a formula is run as one, so such cells get an
// apostrophe in front ("CSV Injection", OWASP). Numbers are left alone.
type sheet struct{ w *csv.Writer }

func newSheet(w io.Writer) *sheet { return &sheet{csv.NewWriter(w)} }

// row writes one line; end tells of errors.
func (s *sheet) row(cells ...string) {
	cells = slices.Clone(cells)
	for i, c := range cells {
		cells[i] = inert(c)
	}
	_ = s.w.Write(cells)
}

func (s *sheet) end() error {
	s.w.Flush()
	return s.w.Error()
}

// inert keeps text from being taken for a formula.
func inert(cell string) string {
	if len(cell) < 2 || !strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
