package cli

import (
	"encoding/csv"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/spf13/cobra"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/spec"
)

// networkFormat is the flag --output with one format more.
type networkFormat struct{ output }

// Set takes what output takes, and csv.
func (o *networkFormat) Set(s string) error {
	if s == "csv" {
		o.format = s
		return nil
	}
	if o.output.Set(s) != nil {
		return fmt.Errorf("write text, json, yaml or csv")
	}
	return nil
}

type showNetworkFlags struct {
	out   networkFormat
	env   string
	nodes bool
}

func newShowNetwork(a *app) *cobra.Command {
	var o showNetworkFlags
	cmd := &cobra.Command{
		Use:   "network [FILE]",
		Short: "Print every address that the platform has on AWS",
		Long: `Prints the networks, subnets, service ranges and fixed addresses that follow from
network.cidr. Each place follows from a name alone, so adding an environment, segment,
zone, store or service never moves another; two names that fall on the same place are
a problem for you to decide, with a free range proposed.

The exit code is 1 when there are such conflicts; what takes part in one is left out.`,
		Example: `  paddock show network
  paddock show network --env prod --nodes
  paddock show network -o csv > addresses.csv`,
		Args:              atMost("FILE"),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.showNetwork(fileArgument(args), &o)
		},
	}
	o.out.flag(cmd)
	f := cmd.Flags()
	format := f.Lookup("output")
	format.Value, format.Usage = &o.out, "how to print the result: text, json, yaml or csv"
	f.StringVarP(&o.env, "env", "e", "", "only the networks of this environment")
	f.BoolVar(&o.nodes, "nodes", false, "also the fixed addresses of stores' machines")
	_ = cmd.RegisterFlagCompletionFunc("env", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return namesInFile("platform.yaml", "environments"), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// networkAnswer is the plan for programs.
type networkAnswer struct {
	CIDR     netip.Prefix     `json:"cidr"`
	Networks []networkRow     `json:"networks"`
	Services []servicesRow    `json:"services"`
	Nodes    []networkNodeRow `json:"nodes"`
	// Conflicts in the words of problems.
	Conflicts []diag.Problem `json:"conflicts"`
}

type networkRow struct {
	Name        string       `json:"name"`
	Environment string       `json:"environment,omitempty"`
	Segment     string       `json:"segment,omitempty"`
	Tier        string       `json:"tier,omitempty"`
	Recovery    bool         `json:"recovery,omitempty"`
	CIDR        netip.Prefix `json:"cidr"`
	Subnets     []subnetRow  `json:"subnets"`
}

type subnetRow struct {
	Purpose string       `json:"purpose"`
	Zone    string       `json:"zone"`
	CIDR    netip.Prefix `json:"cidr"`
	Hosts   int          `json:"hosts"`
}

type servicesRow struct {
	Environment string       `json:"environment"`
	Segment     string       `json:"segment"`
	Recovery    bool         `json:"recovery,omitempty"`
	CIDR        netip.Prefix `json:"cidr"`
	DNS         netip.Addr   `json:"dns"`
}

type networkNodeRow struct {
	Environment string     `json:"environment"`
	Recovery    bool       `json:"recovery,omitempty"`
	Store       string     `json:"store"`
	Role        string     `json:"role"`
	Standby     bool       `json:"standby,omitempty"`
	Index       int        `json:"index"`
	Zone        string     `json:"zone"`
	Address     netip.Addr `json:"address"`
}

func (a *app) showNetwork(path string, o *showNetworkFlags) error {
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	if o.env != "" {
		if o.env, err = chosenEnvironment(file, o.env); err != nil {
			return err
		}
	}
	plan, conflicts := address.Of(file.Platform)
	answer := networkAnswerOf(plan, o)
	answer.Conflicts = conflictProblems(file, conflicts)
	switch {
	case o.out.format == "csv":
		err = a.networkCSV(answer)
	case !o.out.text():
		err = o.out.encode(a.streams.Out, answer)
	default:
		err = a.networkText(answer)
	}
	if err != nil {
		return err
	}
	if o.out.text() || o.out.format == "csv" {
		if err := a.printConflicts(file, conflicts); err != nil {
			return err
		}
	}
	if len(conflicts) > 0 {
		return errProblems
	}
	return nil
}

func networkAnswerOf(plan *address.Plan, o *showNetworkFlags) networkAnswer {
	answer := networkAnswer{CIDR: plan.CIDR, Networks: []networkRow{}, Services: []servicesRow{}, Nodes: []networkNodeRow{}}
	for _, v := range plan.VPCs {
		if o.env != "" && v.Environment != o.env {
			continue
		}
		row := networkRow{Name: v.Name, Environment: v.Environment, Segment: v.Segment, Tier: string(v.Tier), Recovery: v.Recovery, CIDR: v.CIDR}
		for _, s := range v.Subnets {
			row.Subnets = append(row.Subnets, subnetRow{Purpose: string(s.Purpose), Zone: address.ZoneLetter(s.Zone), CIDR: s.CIDR, Hosts: s.Hosts()})
		}
		answer.Networks = append(answer.Networks, row)
	}
	for _, c := range plan.Clusters {
		if o.env == "" || c.Environment == o.env {
			answer.Services = append(answer.Services, servicesRow{Environment: c.Environment, Segment: c.Segment, Recovery: c.Recovery, CIDR: c.Services, DNS: c.DNS()})
		}
	}
	for _, n := range plan.Nodes {
		if o.nodes && (o.env == "" || n.Environment == o.env) {
			answer.Nodes = append(answer.Nodes, networkNodeRow{
				Environment: n.Environment, Recovery: n.Recovery, Store: n.Store, Role: string(n.Role), Standby: n.Standby,
				Index: n.Index, Zone: address.ZoneLetter(n.Zone), Address: n.Addr,
			})
		}
	}
	return answer
}

func (a *app) networkText(answer networkAnswer) error {
	p := paint(a.streams.OutColor)
	t := table{}
	head := func(names ...string) {
		if len(t.rows) > 0 {
			t.add()
		}
		var cells []cell
		for _, n := range names {
			cells = append(cells, cell{n, dim})
		}
		t.add(cells...)
	}
	head("NETWORK", "SUBNET", "ZONE", "CIDR", "HOSTS")
	for _, v := range answer.Networks {
		t.add(cell{v.Name, bold}, plain(""), plain(""), plain(v.CIDR.String()))
		for _, s := range v.Subnets {
			t.add(plain(""), plain(s.Purpose), plain(s.Zone), plain(s.CIDR.String()), plain(strconv.Itoa(s.Hosts)))
		}
	}
	if len(answer.Services) > 0 {
		head("SERVICES OF", "", "", "CIDR", "NAME SERVER")
	}
	for _, c := range answer.Services {
		t.add(plain(recoveryName(c.Environment+"-"+c.Segment, c.Recovery)), plain(""), plain(""), plain(c.CIDR.String()), plain(c.DNS.String()))
	}
	if len(answer.Nodes) > 0 {
		head("STORE", "NODE", "ZONE", "ADDRESS", "ENVIRONMENT")
	}
	for _, n := range answer.Nodes {
		role := fmt.Sprintf("%s %d", n.Role, n.Index)
		if n.Standby {
			role = "standby " + role
		}
		t.add(plain(n.Store), plain(role), plain(n.Zone), plain(n.Address.String()), plain(recoveryName(n.Environment, n.Recovery)))
	}
	return t.write(a.streams.Out, p, 0)
}

func recoveryName(name string, recovery bool) string {
	if recovery {
		return name + "-recovery"
	}
	return name
}

// networkCSV is one line for every range and address.
func (a *app) networkCSV(answer networkAnswer) error {
	w := csv.NewWriter(a.streams.Out)
	row := func(cells ...string) { _ = w.Write(cells) } // Error says it at the end
	row("network", "environment", "segment", "recovery", "purpose", "zone", "cidr", "hosts")
	for _, v := range answer.Networks {
		recovery := strconv.FormatBool(v.Recovery)
		row(v.Name, v.Environment, v.Segment, recovery, "", "", v.CIDR.String(), "")
		for _, s := range v.Subnets {
			row(v.Name, v.Environment, v.Segment, recovery, s.Purpose, s.Zone, s.CIDR.String(), strconv.Itoa(s.Hosts))
		}
	}
	for _, c := range answer.Services {
		row(recoveryName(c.Environment+"-"+c.Segment, c.Recovery), c.Environment, c.Segment, strconv.FormatBool(c.Recovery), "services", "", c.CIDR.String(), "")
	}
	for _, n := range answer.Nodes {
		row(n.Store, n.Environment, "", strconv.FormatBool(n.Recovery), n.Role+" "+strconv.Itoa(n.Index), n.Zone, netip.PrefixFrom(n.Address, 32).String(), "1")
	}
	w.Flush()
	return w.Error()
}

// conflictProblems says conflicts of addresses with their lines.
func conflictProblems(file *spec.File, conflicts []address.Conflict) []diag.Problem {
	problems := []diag.Problem{}
	for _, c := range conflicts {
		last := len(c.Claims) - 1
		at, _ := file.Locate("", c.Claims[last].Key)
		p := diag.Problem{Severity: diag.Error, ID: "address-conflict", Summary: c.Summary, Detail: c.Detail, Fix: c.Fix, Pos: at}
		for _, claim := range c.Claims[:last] {
			if other, _ := file.Locate("", claim.Key); other != at {
				p.Related = append(p.Related, diag.Related{Range: other, Text: fmt.Sprintf("%s has %s", claim.What, claim.CIDR)})
			}
		}
		problems = append(problems, p)
	}
	return problems
}

func (a *app) printConflicts(file *spec.File, conflicts []address.Conflict) error {
	return diag.WriteText(a.streams.Err, conflictProblems(file, conflicts), diag.TextOptions{Color: a.streams.ErrColor})
}
