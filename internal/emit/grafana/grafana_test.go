package grafana_test

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/grafana"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

// pagesOf are all pages of the example.
func pagesOf(t *testing.T) (*model.Platform, map[string]grafana.Dashboard) {
	t.Helper()
	f, problems := spec.LoadFile("../../../examples/kestrel/platform.yaml")
	if f == nil {
		t.Fatal(problems)
	}
	pages := grafana.Pages(f.Platform.Name)
	for _, env := range f.Platform.Environments {
		for _, s := range env.Services {
			pages["service "+s.Name] = grafana.Service(f.Platform.Name, s, "runbooks/")
		}
		for _, s := range env.Stores {
			if d, ok := grafana.Engine(f.Platform.Name, s.Engine); ok {
				pages["store "+string(s.Engine)] = d
			}
		}
	}
	return f.Platform, pages
}

// TestPanelsAskForWhatIsScraped: a panel that asks for a figure that nobody
// gathers is empty for ever, and looks as if all were well.
func TestPanelsAskForWhatIsScraped(t *testing.T) {
	p, pages := pagesOf(t)
	known := exported(t)
	for _, env := range p.Environments {
		for _, f := range observe.Files(p, env) {
			for _, g := range f.Groups {
				for _, r := range g.Rules {
					known[r.Record] = true
				}
			}
		}
	}
	asked := map[string]bool{}
	for name, d := range pages {
		if len(d.Rows) == 0 {
			t.Errorf("%s is empty", name)
		}
		for _, row := range d.Rows {
			for _, panel := range row.Panels {
				for _, q := range panel.Queries {
					if d.CloudWatch {
						if q.Metric == nil || q.Metric.Statistic == "" || len(q.Metric.Dimensions) == 0 {
							t.Errorf("%s: %s asks CloudWatch for nothing", name, panel.Title)
						}
						continue
					}
					metrics, err := metricsOf(q.Expr)
					if err != "" {
						t.Errorf("%s: %s: %s: %s", name, panel.Title, err, q.Expr)
					}
					if len(metrics) == 0 {
						t.Errorf("%s: %s asks for no figure: %s", name, panel.Title, q.Expr)
					}
					for _, m := range metrics {
						asked[m] = true
						if !known[m] {
							t.Errorf("%s: %s asks for %s, which nobody exports", name, panel.Title, m)
						}
					}
				}
			}
		}
	}
	for m := range exported(t) {
		if !asked[m] {
			t.Errorf("testdata/exported.txt knows %s, which no panel asks for", m)
		}
	}
}

// exported are the figures that exporters have, which testdata names one by one:
// the names are theirs.
func exported(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open("testdata/exported.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 0 && !strings.HasPrefix(fields[0], "#") {
			known[fields[0]] = true
		}
	}
	return known
}

var (
	texts    = regexp.MustCompile(`"[^"]*"`)
	ranges   = regexp.MustCompile(`\[[^\]]*\]`)
	matchers = regexp.MustCompile(`\{[^}]*\}`)
	labels   = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	word     = regexp.MustCompile(`[A-Za-z_:][A-Za-z0-9_:]*`)
	keywords = []string{"and", "or", "unless", "bool", "offset", "by", "without", "on", "ignoring", "group_left", "group_right"}
)

// metricsOf are the names of time series in an expression, and what is wrong with
// its brackets.
func metricsOf(expr string) (names []string, problem string) {
	bare := texts.ReplaceAllString(expr, `""`)
	var open []rune
	for _, c := range bare {
		switch c {
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != map[rune]rune{')': '(', ']': '[', '}': '{'}[c] {
				return nil, "brackets do not match"
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return nil, "a bracket is open"
	}
	bare = labels.ReplaceAllString(matchers.ReplaceAllString(ranges.ReplaceAllString(bare, ""), ""), "")
	for _, at := range word.FindAllStringIndex(bare, -1) {
		name, rest := bare[at[0]:at[1]], strings.TrimLeft(bare[at[1]:], " ")
		number := at[0] > 0 && bare[at[0]-1] >= '0' && bare[at[0]-1] <= '9' // 2m
		if !strings.HasPrefix(rest, "(") && !slices.Contains(keywords, name) && !number {
			names = append(names, name)
		}
	}
	return names, ""
}

func TestMetricsOf(t *testing.T) {
	for expr, want := range map[string]string{
		`sum by (le) (rate(a_bucket{x="y}"}[5m])) / ignoring (z) group_left b > 0`: "a_bucket b",
		`count(up{v!=""} offset 2m) unless slo:x:30d`:                              "up slo:x:30d",
	} {
		if names, problem := metricsOf(expr); strings.Join(names, " ") != want || problem != "" {
			t.Errorf("%s: %v %s", expr, names, problem)
		}
	}
	for _, expr := range []string{"sum(a", "a)", "sum(a[5m)]"} {
		if _, problem := metricsOf(expr); problem == "" {
			t.Errorf("%s is fine", expr)
		}
	}
}
