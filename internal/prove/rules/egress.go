package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
)

// egressRules are about what leaves for the internet.
var egressRules = []*Rule{
	{
		ID: "egress-address", Severity: diag.Warning,
		Title:  "Egress names domains, not addresses",
		Why:    "The firewall allows by the name in the TLS handshake, which a connection to a bare address does not have. Addresses also change hands, and the rule then allows somebody else.",
		Fix:    "Write the domain of the partner.",
		Source: "AWS Network Firewall, Stateful domain list rule groups",
		check: func(f *Facts, report func(Finding)) {
			f.eachEgress(func(at Place, who, domain string) {
				if _, err := netip.ParseAddr(domain); err != nil {
					return
				}
				report(Finding{
					Place:   at,
					Summary: fmt.Sprintf("%s may reach the bare address %s", who, domain),
					Detail:  "Nothing says whose it is, and nothing notices when it becomes somebody else's.",
					Fix:     "Write the name of the host, such as api.partner.example.",
				})
			})
		},
	},
	{
		ID: "egress-wide", Severity: diag.Error,
		Title:  "Egress patterns end below somebody's own domain",
		Why:    "Anybody can have a name below a public suffix or a hosting provider's domain. Such a pattern lets an intruder send data to a host of their own.",
		Fix:    "Name the host, or all hosts below the partner's own domain.",
		Source: "Public Suffix List; MITRE ATT&CK T1567 Exfiltration Over Web Service",
		check: func(f *Facts, report func(Finding)) {
			f.eachEgress(func(at Place, who, domain string) {
				rest, wild := strings.CutPrefix(domain, "*.")
				if !wild || !everybody(rest) {
					return
				}
				report(Finding{
					Place:   at,
					Summary: fmt.Sprintf("%s may reach anything below %s", who, rest),
					Detail:  fmt.Sprintf("Anybody can register a name there, so %s is nearly the whole internet.", domain),
					Fix:     fmt.Sprintf("Write the name of the one host, such as partner.%s.", rest),
				})
			})
		},
	},
	{
		ID: "pci-egress-common", Severity: diag.Warning,
		Title:  "Services with card data have an allow list of their own",
		Why:    "Domains under network.egress.allow are open to every service, those with card data too. A way out that payments do not need is a way out for the cards.",
		Fix:    "Move the domains to egress of the services that need them.",
		Source: "PCI DSS v4.0.1, 1.3.2 (outbound traffic restricted to that which is necessary)",
		check: func(f *Facts, report func(Finding)) {
			if len(f.Network.Egress.Allow) == 0 {
				return
			}
			var names []string
			for _, s := range f.services(model.Production) {
				if s.Data == model.PCI && !slices.Contains(names, s.Name) {
					names = append(names, s.Name)
				}
			}
			if len(names) == 0 {
				return
			}
			report(Finding{
				Place:   Place{Key: "network.egress.allow"},
				Summary: fmt.Sprintf("%s is open to services with card data", capital(count(len(f.Network.Egress.Allow), "domain"))),
				Detail:  fmt.Sprintf("%s of class pci and may reach %s.", isAre(names), some(f.Network.Egress.Allow)),
				Fix:     "Move what they do not need to egress of the services that do.",
			})
		},
	},
	{
		ID: "egress-uninspected", Severity: diag.Warning,
		Title:  "What leaves production passes a firewall with domain lists",
		Why:    "Without inspection the lists of domains are wishes: a security group knows addresses only, and 0.0.0.0/0 on 443 is what remains.",
		Fix:    "Set network.egress.inspect to true.",
		Source: "AWS Well-Architected Framework, SEC05-BP03 Implement inspection-based protection",
		check: func(f *Facts, report func(Finding)) {
			if f.Network.Egress.Inspect {
				return
			}
			for e, s := range f.services(model.Production) {
				if len(s.Egress)+len(f.Network.Egress.Allow) == 0 {
					continue
				}
				domains := append(slices.Clone(s.Egress), f.Network.Egress.Allow...)
				report(Finding{
					Place:   Place{Key: "network.egress.inspect"},
					Summary: "Nothing checks where connections from production go",
					Detail:  fmt.Sprintf("%s in %s is meant to reach %s, and could reach every host on port 443.", s.Name, e.Name, some(domains)),
					Fix:     "Write inspect: true, or remove the line.",
				})
				return
			}
		},
	},
	{
		ID: "egress-shared", Severity: diag.Warning,
		Title:  "Production has a way out of its own",
		Why:    "A way out that all environments share knows the way back to all of them. One missing route in it, and development reaches production through the NAT.",
		Fix:    "Set network.egress.shared to false.",
		Source: "AWS Whitepaper, Building a Scalable and Secure Multi-VPC AWS Network Infrastructure, Centralized egress",
		check: func(f *Facts, report func(Finding)) {
			if !f.Network.Egress.Shared || len(f.in(model.Production)) == 0 || len(f.in(model.Production)) == len(f.envs) {
				return
			}
			report(Finding{
				Place:   Place{Key: "network.egress.shared"},
				Summary: "All environments leave for the internet by the same network",
				Detail:  fmt.Sprintf("%s of them, production included, meet in one VPC with routes back to each.", capital(count(len(f.envs), "environment"))),
				Fix:     "Write shared: false, or remove the line.",
			})
		},
	},
}

// eachEgress visits every domain of the file: those of services, told once, and
// those that are open to all.
func (f *Facts) eachEgress(visit func(at Place, who, domain string)) {
	for _, d := range f.Network.Egress.Allow {
		visit(Place{Key: "network.egress.allow[" + d + "]"}, "Every service", d)
	}
	for e, s := range f.services() {
		for _, d := range s.Egress {
			visit(e.here(key("services", s.Name, "egress")+"["+d+"]"), fmt.Sprintf("%q", s.Name), d)
		}
	}
}

// hosting are domains below which anybody gets a name.
var hosting = []string{
	"amazonaws.com", "cloudfront.net", "azurewebsites.net", "blob.core.windows.net", "herokuapp.com", "github.io", "gitlab.io",
	"vercel.app", "netlify.app", "workers.dev", "pages.dev", "firebaseapp.com", "web.app", "appspot.com", "run.app", "ngrok.io", "ngrok-free.app",
	"co.uk", "org.uk", "co.in", "com.au", "com.br", "co.jp", "co.za", "com.sg", "co.nz", "com.mx",
}

// everybody reports whether anybody can register a name below the domain.
func everybody(domain string) bool { return slices.Contains(hosting, domain) }
