package e2e_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
)

// A release from a push to production, a setting on its way after it, a bad one
// that comes back, and a stop that loses nothing.
func TestRelease(t *testing.T) {
	p := newPlatform(t, "testdata/shop", "shop")
	p.up()

	t.Log("the first release serves every environment")
	p.wantPage("www.shop.example", `"version":"1.0.0"`, `"environment":"prod"`, `"greeting":"hello"`, `"stock":"42"`)
	for _, env := range []string{"dev", "qa", "uat"} {
		p.wantPage("www."+env+".shop.example", `"version":"1.0.0"`, `"environment":"`+env+`"`)
	}

	t.Log("a push travels to production, with approvals, and nobody notices")
	customers := p.traffic("www.shop.example", 50)
	p.push("shop", "Say stocked", func(dir string) { replace(t, filepath.Join(dir, "main.go"), `"stock": stock`, `"stocked": stock`) })
	p.wantRollout("shop-1.1.0", "qa", v1.RolloutSucceeded)
	p.wantPage("www.dev.shop.example", `"version":"1.1.0"`, `"stocked":"42"`)
	p.wantRollout("shop-1.1.0", "uat", v1.RolloutAwaitingApproval)
	if out, err := p.paddock("approve", "shop", "--env", "uat", "--as", "omar"); err == nil {
		t.Errorf("omar is no tester, but might approve:\n%s", out)
	}
	p.mustPaddock("approve", "shop", "--env", "uat", "--as", "tara")
	p.wantRollout("shop-1.1.0", "uat", v1.RolloutSucceeded)
	p.wantRollout("shop-1.1.0", "prod", v1.RolloutAwaitingApproval)
	p.mustPaddock("approve", "shop", "--env", "prod", "--as", "omar")
	p.wantRollout("shop-1.1.0", "prod", v1.RolloutSucceeded)
	p.wantPage("www.shop.example", `"version":"1.1.0"`)
	if failures := customers.failuresExcept(""); len(failures) > 0 {
		t.Errorf("%d of %d requests failed while the release came in:\n%s", len(failures), customers.requests, strings.Join(failures[:min(10, len(failures))], "\n"))
	}

	t.Log("a changed setting is a release of the same image")
	replace(t, p.file, "GREETING: hello", "GREETING: namaste")
	p.wantRollout("shop-1.2.0", "qa", v1.RolloutSucceeded)
	p.wantPage("www.qa.shop.example", `"greeting":"namaste"`)
	var before, after v1.Release
	for name, into := range map[string]*v1.Release{"shop-1.1.0": &before, "shop-1.2.0": &after} {
		if err := p.client().Get(t.Context(), client.ObjectKey{Namespace: v1.SystemNamespace, Name: name}, into); err != nil {
			t.Fatal(err)
		}
	}
	if before.Spec.Image != after.Spec.Image {
		t.Errorf("the image changed with the setting: %s, then %s", before.Spec.Image, after.Spec.Image)
	}
	p.wantPage("www.shop.example", `"greeting":"hello"`) // production waits for its approvals

	t.Log("a bad release comes back, image and configuration")
	p.push("shop", "Break every second page", func(dir string) { replace(t, filepath.Join(dir, "main.go"), "broken = false", "broken = true") })
	p.wantRollout("shop-1.3.0", "uat", v1.RolloutAwaitingApproval)
	p.mustPaddock("approve", "shop", "--env", "uat", "--as", "tara")
	p.wantRollout("shop-1.3.0", "prod", v1.RolloutAwaitingApproval)
	p.mustPaddock("approve", "shop", "--env", "prod", "--as", "olga")
	bad := p.wantRollout("shop-1.3.0", "prod", v1.RolloutRolledBack)
	if bad.Status.Verdict == nil || bad.Status.Verdict.Outcome != v1.VerdictBad {
		t.Errorf("verdict %+v", bad.Status.Verdict)
	}
	p.wantPage("www.shop.example", `"version":"1.1.0"`, `"greeting":"hello"`)
	if failures := customers.failuresExcept("shop-1.3.0"); len(failures) > 0 {
		t.Errorf("requests failed that the bad release did not answer:\n%s", strings.Join(failures, "\n"))
	}
	customers.end()
	p.eventually("shop-1.3.0 is blocked", 10*time.Second, func() error {
		out, err := p.paddock("release", "show", "shop-1.3.0")
		if err == nil && !strings.Contains(strings.ToLower(out), "blocked") {
			t.Fatalf("not blocked:\n%s", out)
		}
		return err
	})

	t.Log("people can go back by hand")
	p.mustPaddock("rollback", "shop", "--env", "dev", "--reason", "it is broken")
	p.wantPage("www.dev.shop.example", `"version":"1.2.0"`)

	t.Log("what happened can be told")
	history := p.mustPaddock("history", "shop")
	for _, want := range []string{"1.1.0 to prod", "rolled back", "tara", "omar", "olga", "it is broken"} {
		if !strings.Contains(history, want) {
			t.Errorf("no %q in the history:\n%s", want, history)
		}
	}
	if logs := p.mustPaddock("logs", "shop", "--env", "prod"); len(lines(logs, "shop listens on")) == 0 {
		t.Errorf("the program's own words are not in its logs:\n%s", logs)
	}

	t.Log("Ctrl-C stops everything, and the next start goes on")
	if took := p.interrupt(); took > 15*time.Second {
		t.Errorf("stopping took %s", took)
	}
	if left := p.leftovers(); len(left) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
	p.up()
	p.wantPage("www.shop.example", `"version":"1.1.0"`, `"greeting":"hello"`)
	p.wantPage("www.dev.shop.example", `"version":"1.2.0"`)
	p.mustPaddock("down", "--wipe", "--yes")
	if left := p.leftovers(); len(left) > 0 {
		t.Errorf("left behind:\n%s", strings.Join(left, "\n"))
	}
}
