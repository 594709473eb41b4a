package cli

import (
	"cmp"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"paddock.dev/internal/plan"
	"paddock.dev/internal/plan/prices"
)

type costFlags struct {
	out   output
	lines bool
}

func newCost(a *app) *cobra.Command {
	var o costFlags
	cmd := &cobra.Command{
		Use:   "cost [FILE]",
		Short: "Estimate what a month of the platform costs on AWS, and compare it with the budgets",
		Long: `Prices what would be rendered, from a table of list prices with a date. Environments
with hours are counted as stopped outside them when cost.offHours is on.

The exit code is 1 when an estimate is above its budget.`,
		Example: `  paddock cost
  paddock cost platform.yaml --lines
  paddock cost -o json | jq .owners`,
		Args:              atMost("FILE"),
		ValidArgsFunction: completeYAML,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.cost(fileArgument(args), &o)
		},
	}
	o.out.flag(cmd)
	cmd.Flags().BoolVar(&o.lines, "lines", false, "show every line of the estimate, and what it assumes")
	return cmd
}

func (a *app) cost(path string, o *costFlags) error {
	file, err := a.loadGraphFile(path)
	if err != nil {
		return err
	}
	side := plan.Of(file.Platform)
	c := plan.Compare(side, side).Cost
	if o.out.text() {
		err = a.printCost(c, o.lines)
	} else {
		err = o.out.encode(a.streams.Out, costFor(c, o.lines))
	}
	if err != nil {
		return err
	}
	for owner, budget := range c.Budgets {
		if c.New.Total(owner) > float64(budget) {
			return errProblems
		}
	}
	return nil
}

// costAnswer is an estimate for programs, in whole US dollars a month.
type costAnswer struct {
	Currency string `json:"currency"`
	// Prices is the month of the price table.
	Prices     string    `json:"prices"`
	Before     int64     `json:"before"`
	After      int64     `json:"after"`
	OffHours   int64     `json:"savedByOffHours"`
	Owners     []costRow `json:"owners"`
	Components []costRow `json:"components"`
	// Lines of the new platform, when they were asked for.
	Lines       []prices.Line `json:"lines,omitempty"`
	Assumptions []string      `json:"assumptions"`
}

type costRow struct {
	Name   string `json:"name"`
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	// Budget is 0 when there is none.
	Budget int64 `json:"budget,omitempty"`
}

func whole(f float64) int64 { return int64(math.Round(f)) }

func costFor(c plan.Cost, lines bool) costAnswer {
	answer := costAnswer{
		Currency: "USD", Prices: prices.Date, Before: whole(c.Old.Total("")), After: whole(c.New.Total("")),
		OffHours: whole(c.New.OffHours), Owners: []costRow{}, Components: []costRow{}, Assumptions: c.New.Assumptions,
	}
	for _, o := range c.Owners() {
		answer.Owners = append(answer.Owners, costRow{o, whole(c.Old.Total(o)), whole(c.New.Total(o)), c.Budgets[o]})
	}
	for _, o := range c.Components() {
		answer.Components = append(answer.Components, costRow{o, whole(c.Old.Component(o)), whole(c.New.Component(o)), 0})
	}
	if lines {
		answer.Lines = c.New.Lines
	}
	return answer
}

// printCost shows a month before and after, by owner and with lines by
// component.
func (a *app) printCost(c plan.Cost, lines bool) error {
	answer := costFor(c, lines)
	changed := answer.Before != answer.After
	fmt.Fprintf(a.streams.Out, "A month costs about %s USD", plan.Dollars(c.New.Total("")))
	if changed {
		fmt.Fprintf(a.streams.Out, ", %s before", plan.Dollars(c.Old.Total("")))
	}
	fmt.Fprintf(a.streams.Out, " (list prices of %s, before discounts):\n", prices.Date)
	color := paint(a.streams.OutColor)
	t := table{indent: "  "}
	row := func(r costRow) {
		cells := []cell{plain(r.Name), right(float64(r.After))}
		if changed {
			delta := cell{}
			if r.After != r.Before {
				delta = right(float64(r.After - r.Before))
				if r.After > r.Before {
					delta.text = "+" + delta.text
				}
			}
			cells = append(cells, delta)
		}
		if r.Budget > 0 {
			budget := cell{text: "budget " + plan.Dollars(float64(r.Budget))}
			if r.After > r.Budget {
				budget = cell{budget.text + ", above it", yellow}
			}
			cells = append(cells, budget)
		}
		t.add(cells...)
	}
	for _, r := range answer.Owners {
		row(r)
	}
	if err := t.write(a.streams.Out, color, 0); err != nil {
		return err
	}
	if answer.OffHours > 0 {
		fmt.Fprintf(a.streams.Out, "Stopping environments outside their hours saves %s of it.\n", plan.Dollars(c.New.OffHours))
	}
	if !lines {
		return nil
	}
	fmt.Fprintln(a.streams.Out)
	t = table{indent: "  "}
	for _, r := range answer.Components {
		row(r)
	}
	if err := t.write(a.streams.Out, color, 0); err != nil {
		return err
	}
	fmt.Fprintln(a.streams.Out)
	t = table{indent: "  "}
	for _, l := range c.New.Lines {
		t.add(plain(l.Owner), plain(l.Component), plain(l.What), plain(fmt.Sprintf("%.0f %s", l.Quantity, l.Unit)), plain(fmt.Sprintf("x %.2f", l.Each)), right(cmp.Or(l.Month(), 0)))
	}
	if err := t.write(a.streams.Out, color, 0); err != nil {
		return err
	}
	fmt.Fprintln(a.streams.Out, "\nWhat is assumed:")
	for _, s := range answer.Assumptions {
		fmt.Fprintf(a.streams.Out, "  %s\n", s)
	}
	return nil
}

// right is an amount that stands under others.
func right(f float64) cell { return plain(fmt.Sprintf("%9s", plan.Dollars(f))) }
