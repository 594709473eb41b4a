package terraform

import (
	"strings"
	"testing"

	"paddock.dev/internal/compile/aws"
)

// A root asks for the number of every account that it speaks of and that the
// file does not state, wherever it speaks of it.
func TestRootsAskForAccounts(t *testing.T) {
	files, err := Files([]aws.Root{{
		Account: "log-archive", Region: "eu-central-1", Layer: aws.Logs,
		Modules: []aws.Module{{Name: "flow", Source: "log-bucket", Args: aws.Args{
			{Key: "sources", Value: aws.List{aws.Ref("var.account_dev"), aws.String("111111111111")}},
			{Key: "roles", Value: aws.Object{{Key: "a", Value: aws.Text{aws.String("arn:aws:iam::"), aws.Ref("var.account_big_data"), aws.String(":root")}}}},
		}}},
	}}, Options{Platform: "p", StateRegion: "eu-central-1", Accounts: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Path, "15-logs/providers.tf") {
			continue
		}
		for _, want := range []string{`variable "account_dev"`, `variable "account_big_data"`, `variable "account_log_archive"`, "accounts.ids.big-data"} {
			if !strings.Contains(string(f.Data), want) {
				t.Errorf("no %s in\n%s", want, f.Data)
			}
		}
		return
	}
	t.Error("no providers.tf")
}
