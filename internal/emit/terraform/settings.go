package terraform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/compile/aws"
)

// The versions of everything that reads the configuration. aws 6.25 has every
// argument that the modules use; Terraform 1.11 has native locks in S3 and
// write-only arguments, by which secrets stay out of the state.
const (
	terraformVersion = ">= 1.11.0"
	awsVersion       = "~> 6.25"
)

// requirement is the source and version of a provider.
type requirement struct{ source, version string }

var requirements = map[string]requirement{
	"aws":        {"hashicorp/aws", awsVersion},
	"helm":       {"hashicorp/helm", "~> 3.1"},
	"kubernetes": {"hashicorp/kubernetes", "~> 2.38"},
	"archive":    {"hashicorp/archive", "~> 2.7"},
	"tls":        {"hashicorp/tls", "~> 4.1"},
	"random":     {"hashicorp/random", "~> 3.7"},
	"pagerduty":  {"pagerduty/pagerduty", "~> 3.30"},
	"newrelic":   {"newrelic/newrelic", "~> 3.76"},
	"akamai":     {"akamai/akamai", "~> 9.2"},
}

// versions is versions.tf: what the root needs, and where its state is.
func (w *writer) versions(r aws.Root) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString(header)
	fmt.Fprintf(&b, "terraform {\n  required_version = %q\n\n  required_providers {\n", terraformVersion)
	for _, name := range providerNames(r) {
		q := requirements[name]
		fmt.Fprintf(&b, "    %s = {\n      source = %q\n      version = %q\n    }\n", name, q.source, q.version)
	}
	b.WriteString("  }\n\n")
	fmt.Fprintf(&b, "  backend \"s3\" {\n    bucket = %q\n    key = %q\n    region = %q\n    encrypt = true\n    use_lockfile = true\n", StateBucket(w.options.Platform, r.Account), strings.TrimPrefix(Dir(r), "terraform/")+".tfstate", w.options.StateRegion)
	b.WriteString("  }\n}\n")
	return &b
}

// StateBucket is the bucket with the states of an account.
func StateBucket(platform, account string) string {
	return platform + "-" + account + "-terraform-state"
}

func providerNames(r aws.Root) []string {
	names := []string{"aws"}
	for _, p := range r.Providers {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// providers is providers.tf: which account and region, in which role, with
// which tags.
func (w *writer) providers(r aws.Root) *bytes.Buffer {
	var b bytes.Buffer
	b.WriteString(header)
	accounts := map[string]bool{}
	w.provider(&b, aws.Provider{Name: "aws", Account: r.Account, Region: r.Region}, r.Layer, accounts)
	for _, p := range r.Providers {
		b.WriteByte('\n')
		w.provider(&b, p, r.Layer, accounts)
	}
	for _, m := range r.Modules {
		for _, a := range m.Args {
			refers(a.Value, accounts)
		}
	}
	for _, l := range r.Lookups {
		for _, a := range l.Args {
			refers(a.Value, accounts)
		}
	}
	names := make([]string, 0, len(accounts))
	for name := range accounts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "\nvariable %q {\n  type = string\n  description = \"Number of the account %s, which the platform file does not state (accounts.ids.%s).\"\n\n", accountVariable(name), name, name)
		fmt.Fprintf(&b, "  validation {\n    condition = can(regex(\"^[0-9]{12}$\", var.%s))\n    error_message = \"An account has twelve digits.\"\n  }\n}\n", accountVariable(name))
	}
	for _, v := range r.Variables {
		fmt.Fprintf(&b, "\nvariable %q {\n  type = %s\n  description = %s\n", v.Name, v.Type, quote(v.Description))
		if !v.Required {
			b.WriteString("  default = null\n")
		}
		if v.Sensitive {
			b.WriteString("  sensitive = true\n")
		}
		b.WriteString("}\n")
	}
	return &b
}

// refers adds the accounts whose numbers a value asks for.
func refers(v aws.Value, accounts map[string]bool) {
	switch v := v.(type) {
	case aws.Ref:
		if name, ok := strings.CutPrefix(string(v), "var."+accountVariable("")); ok {
			accounts[strings.ReplaceAll(name, "_", "-")] = true
		}
	case aws.Text:
		for _, e := range v {
			refers(e, accounts)
		}
	case aws.List:
		for _, e := range v {
			refers(e, accounts)
		}
	case aws.Object:
		for _, a := range v {
			refers(a.Value, accounts)
		}
	}
}

func accountVariable(name string) string { return "account_" + strings.ReplaceAll(name, "-", "_") }

func (w *writer) provider(b *bytes.Buffer, p aws.Provider, layer aws.Layer, missing map[string]bool) {
	fmt.Fprintf(b, "provider %q {\n", p.Name)
	if p.Alias != "" {
		fmt.Fprintf(b, "  alias = %q\n", p.Alias)
	}
	if p.Name == "aws" {
		fmt.Fprintf(b, "  region = %q\n", p.Region)
		account := "${var." + accountVariable(p.Account) + "}"
		if id, ok := w.options.Accounts[p.Account]; ok {
			account = id
			fmt.Fprintf(b, "  allowed_account_ids = [%q]\n", id)
		} else {
			missing[p.Account] = true
			fmt.Fprintf(b, "  allowed_account_ids = [var.%s]\n", accountVariable(p.Account))
		}
		fmt.Fprintf(b, "\n  assume_role {\n    role_arn = \"arn:aws:iam::%s:role/paddock-apply-%s\"\n    session_name = \"paddock\"\n    external_id = %q\n  }\n", account, layer, w.options.Platform+"-"+p.Account)
		b.WriteString("\n  default_tags {\n    tags = {\n")
		args(b, append(slices.Clone(w.options.Tags), aws.Arg{Key: `"paddock:account"`, Value: aws.String(p.Account)}, aws.Arg{Key: `"paddock:layer"`, Value: aws.String(layer)}), 3)
		b.WriteString("    }\n  }\n")
	}
	args(b, p.Args, 1)
	b.WriteString("}\n")
}
