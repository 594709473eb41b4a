package jenkins_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	sigs "sigs.k8s.io/yaml"

	"paddock.dev/internal/emit/jenkins"
	"paddock.dev/internal/model"
	"paddock.dev/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const registry = "111111111105.dkr.ecr.ap-south-1.amazonaws.com"

func kestrel(t testing.TB) *model.Platform {
	t.Helper()
	p, problems := spec.Load("../../../examples/kestrel/platform.yaml")
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func files(t testing.TB, p *model.Platform) map[string]string {
	t.Helper()
	all, err := jenkins.Files(p, registry, func(tool, tier string) string { return tool + ".tools-" + tier + "." + p.Network.PrivateDomain })
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]string{}
	for _, f := range all {
		byPath[strings.TrimPrefix(f.Path, "delivery/")] = string(f.Data)
	}
	return byPath
}

func TestGolden(t *testing.T) {
	all := files(t, kestrel(t))
	for _, name := range []string{"services/booking/Jenkinsfile.prod", "services/booking/Jenkinsfile", "jenkins/prod/casc/jenkins.yaml", "terraform/Jenkinsfile.prod", "hosting/CODEOWNERS"} {
		golden := filepath.Join("testdata", strings.ReplaceAll(name, "/", "-"))
		if *update {
			if err := os.WriteFile(golden, []byte(all[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if all[name] != string(want) {
			t.Errorf("%s differs from %s; see it with -update and git diff", name, golden)
		}
	}
}

// balanced walks over Groovy as far as brackets, strings and comments go.
func balanced(text string) error {
	var open []rune
	closing := map[rune]rune{')': '(', ']': '[', '}': '{'}
	line := 1
	var quoted rune
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		if r == '\n' {
			line++
			if quoted == '\'' || quoted == '"' {
				return fmt.Errorf("line %d: a string is not closed", line-1)
			}
			continue
		}
		switch {
		case quoted != 0:
			switch r {
			case '\\':
				i++
			case quoted:
				// A pattern ends before a bracket; else a slash inside it ended it.
				if next := strings.TrimLeft(string(runes[i+1:]), " "); r == '/' && !strings.HasPrefix(next, ")") && !strings.HasPrefix(next, "}") {
					return fmt.Errorf("line %d: a pattern ends too early", line)
				}
				quoted = 0
			}
		case r == '/' && i+1 < len(runes) && runes[i+1] == '/':
			for i+1 < len(runes) && runes[i+1] != '\n' {
				i++
			}
		case r == '/' && strings.HasSuffix(string(runes[:i]), "==~ "):
			quoted = '/'
		case r == '\'' || r == '"':
			quoted = r
		case strings.ContainsRune("([{", r):
			open = append(open, r)
		case closing[r] != 0:
			if len(open) == 0 || open[len(open)-1] != closing[r] {
				return fmt.Errorf("line %d: %c closes nothing", line, r)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%c is not closed", open[len(open)-1])
	}
	return nil
}

func TestGroovy(t *testing.T) {
	if balanced("a { b('x' }") == nil || balanced("a { 'x }\n") == nil || balanced("a { b ==~ /[a-z(]/ }") != nil || balanced("a { b ==~ /a/.+/ }") == nil {
		t.Fatal("the checker does not check")
	}
	p := kestrel(t)
	p.Delivery.Hotfix = nil
	for _, all := range []map[string]string{files(t, kestrel(t)), files(t, p)} {
		n := 0
		for name, text := range all {
			if !strings.HasPrefix(path.Base(name), "Jenkinsfile") {
				continue
			}
			n++
			if err := balanced(text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if strings.Contains(text, "<no value>") || strings.Contains(text, "{{") {
				t.Errorf("%s is not filled in", name)
			}
		}
		if n < 30 {
			t.Errorf("only %d pipelines", n)
		}
	}
}

// stages are the names of a pipeline's stages, in their order.
func stages(text string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`stage\('([^']+)'\)`).FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// Environments come in the order of the path, nothing is deployed before it is
// signed, and production builds nothing.
func TestOrder(t *testing.T) {
	p := kestrel(t)
	all := files(t, p)
	at := func(text, what string) int {
		for i, s := range stages(text) {
			if s == what {
				return i
			}
		}
		return -1
	}
	text := all["services/booking/Jenkinsfile"]
	last := -1
	for _, s := range []string{"checkout", "test", "analysis", "image", "sign", "scan of the registry", "dev", "deploy to dev", "qa", "deploy to qa", "approval for uat", "deploy to uat"} {
		if i := at(text, s); i <= last {
			t.Errorf("%s is at %d, after %d", s, i, last)
		} else {
			last = i
		}
	}
	if strings.Contains(text, "prod") && strings.Contains(text, "kestrel-prod-") {
		t.Error("the controller of development knows a way to production")
	}
	for _, want := range []string{"==~ 'develop|release/.+|hotfix/.+'", "==~ 'release/.+' }", "==~ 'release/.+|hotfix/.+' }"} {
		if !strings.Contains(text, want) {
			t.Errorf("no stage has the branches %s", want)
		}
	}
	prod := all["services/booking/Jenkinsfile.prod"]
	for _, bad := range []string{"buildah", "docker"} {
		if strings.Contains(prod, bad) {
			t.Errorf("production builds with %s", bad)
		}
	}
	for _, want := range []string{"cosign verify ", "passed/$PASSED", "'release-managers'", "canary.sh prod \"$SERVICE\" \"$IMAGE\" \"$DIGEST\" 5'", "gate.sh booking-availability 0.0072 hold", "window.sh", "rollback.sh"} {
		if !strings.Contains(prod, want) {
			t.Errorf("production lacks %s", want)
		}
	}
	if strings.Index(prod, "cosign verify") > strings.Index(prod, "stage('into prod')") {
		t.Error("the signature is looked at too late")
	}
}

// The two controllers share no label, no namespace and no account.
func TestControllersApart(t *testing.T) {
	all := files(t, kestrel(t))
	for _, tier := range []string{"nonprod", "prod"} {
		var parsed map[string]any
		if err := sigs.Unmarshal([]byte(all["jenkins/"+tier+"/casc/jenkins.yaml"]), &parsed); err != nil {
			t.Fatal(err)
		}
		if parsed["jenkins"].(map[string]any)["numExecutors"].(float64) != 0 {
			t.Error("something is built on the controller")
		}
	}
	nonprod := all["jenkins/nonprod/casc/jenkins.yaml"]
	if strings.Contains(nonprod, "agents-prod") || strings.Contains(nonprod, "Jenkinsfile.prod") {
		t.Error("the controller of development has a way to production")
	}
	documented, err := os.ReadFile("../../../docs/design/versions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(all["jenkins/prod/plugins.txt"]), "\n") {
		plugin, version, ok := strings.Cut(line, ":")
		if !ok || version == "" || version == "latest" {
			t.Errorf("%s has no version", line)
		}
		if row := "| `" + plugin + "` | " + version + " |"; !strings.Contains(string(documented), row) {
			t.Errorf("docs/design/versions.md has no row %q", row)
		}
	}
}

func TestHosting(t *testing.T) {
	p := kestrel(t)
	all := files(t, p)
	for _, name := range []string{"production", "integration", "release", "hotfix", "versions"} {
		var parsed map[string]any
		if err := json.Unmarshal([]byte(all["hosting/rulesets/"+name+".json"]), &parsed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(all["hosting/CODEOWNERS"], "/services/booking/ @kestrel/bookings") {
		t.Errorf("nobody reviews booking:\n%s", all["hosting/CODEOWNERS"])
	}
	p.Delivery.Branching = model.Trunk
	trunk := files(t, p)
	if trunk["hosting/rulesets/integration.json"] != "" || !strings.Contains(trunk["hosting/rulesets/production.json"], "required_linear_history") {
		t.Error("a trunk has branches of gitflow")
	}
}

// Names of people cannot break out of a string.
func TestHostile(t *testing.T) {
	p := kestrel(t)
	for i := range p.Teams {
		p.Teams[i].Slack = "#a'); evil('\\"
	}
	for name, text := range files(t, p) {
		if strings.HasPrefix(path.Base(name), "Jenkinsfile") {
			if err := balanced(text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func shell(t *testing.T) string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	if out, err := exec.Command("date", "-d", "@0", "+%u").Output(); err != nil || strings.TrimSpace(string(out)) == "" {
		t.Skip("date is not that of GNU")
	}
	return sh
}

func write(t *testing.T, all map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range all {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScriptsParse(t *testing.T) {
	sh := shell(t)
	dir := write(t, files(t, kestrel(t)))
	scripts, _ := filepath.Glob(filepath.Join(dir, "scripts", "*.sh"))
	if len(scripts) < 6 {
		t.Fatalf("only %d scripts", len(scripts))
	}
	for _, s := range scripts {
		if out, err := exec.Command(sh, "-n", s).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", s, out)
		}
	}
}

// The script of the windows says what the model says.
func TestWindows(t *testing.T) {
	sh := shell(t)
	p := kestrel(t)
	zone, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Environments {
		if e := &p.Environments[i]; e.Name == "uat" { // over the end of the week
			e.Freeze = []model.Window{{Zone: zone, Weekly: &model.WeekSpan{
				From: model.Moment{Day: time.Friday, Minute: 18 * 60, Zone: zone}, To: model.Moment{Day: time.Monday, Minute: 6*60 + 5, Zone: zone}}}}
		} else if e.Name == "qa" {
			e.Freeze = []model.Window{{Zone: zone, Weekly: &model.WeekSpan{
				From: model.Moment{Day: time.Tuesday, Minute: 8*60 + 9, Zone: zone}, To: model.Moment{Day: time.Thursday, Minute: 30, Zone: zone}}}}
		}
	}
	dir := write(t, files(t, p))
	want := func(e model.Environment, at time.Time) bool {
		for _, w := range e.Freeze {
			if w.Covers(at) {
				return false
			}
		}
		for _, h := range e.Changes {
			if h.Covers(at) {
				return true
			}
		}
		return len(e.Changes) == 0
	}
	for _, e := range p.Environments {
		yes, no := 0, 0
		for _, at := range instants(zone) {
			cmd := exec.Command(sh, filepath.Join(dir, "scripts/window.sh"), filepath.Join(dir, "windows", e.Name))
			cmd.Env = append(os.Environ(), fmt.Sprintf("NOW=%d", at.Unix()))
			out, err := cmd.CombinedOutput()
			if got := err == nil; got != want(e, at) {
				t.Errorf("%s at %s: the script says %v: %s", e.Name, at.Format(time.RFC1123), got, out)
			}
			if err == nil {
				yes++
			} else {
				no++
			}
		}
		if e.Name == "prod" && (yes == 0 || no == 0) {
			t.Errorf("prod: %d times open, %d times closed; the instants test nothing", yes, no)
		}
	}
}

// instants are around the edges of the windows.
func instants(zone *time.Location) []time.Time {
	all := []time.Time{
		time.Date(2026, 12, 23, 11, 0, 0, 0, zone), time.Date(2026, 12, 24, 0, 0, 0, 0, zone), time.Date(2027, 1, 2, 23, 59, 0, 0, zone), time.Date(2027, 1, 4, 11, 0, 0, 0, zone),
	}
	for day := 15; day < 22; day++ {
		for _, minute := range []int{0, 29, 31, 6*60 + 4, 6*60 + 5, 8*60 + 8, 8*60 + 9, 10 * 60, 16*60 - 1, 16 * 60, 18 * 60} {
			all = append(all, time.Date(2027, 2, day, minute/60, minute%60, 0, 0, zone))
		}
	}
	return all
}
