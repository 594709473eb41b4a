package plan

import (
	"fmt"
	"slices"

	"paddock.dev/internal/plan/prices"
)

// Cost is what a month costs before and after.
type Cost struct {
	Old, New prices.Bill
	// Budgets of the new platform, by owner.
	Budgets map[string]int64
}

func costOf(old, new Side) Cost {
	c := Cost{Old: prices.Estimate(old.Platform, old.Roots), New: prices.Estimate(new.Platform, new.Roots), Budgets: map[string]int64{}}
	for _, b := range new.Platform.Cost.Budgets {
		c.Budgets[b.Account] = b.Amount
	}
	for _, e := range new.Platform.Environments {
		if e.Budget > 0 {
			c.Budgets[e.Name] = e.Budget
		}
	}
	return c
}

// Owners are those who have a bill on either side, in the order of the path.
func (c Cost) Owners() []string {
	var all []string
	for _, b := range []prices.Bill{c.New, c.Old} {
		for _, l := range b.Lines {
			if !slices.Contains(all, l.Owner) {
				all = append(all, l.Owner)
			}
		}
	}
	if i := slices.Index(all, prices.Core); i >= 0 {
		all = append(slices.Delete(all, i, i+1), prices.Core)
	}
	return all
}

// Components of either side, sorted.
func (c Cost) Components() []string {
	all := append(c.Old.Components(), c.New.Components()...)
	slices.Sort(all)
	return slices.Compact(all)
}

// budgets says which estimates the change brings above their budget, or further. Budgets in another currency than the price list's are left alone.
func (c *comparison) budgets(cost Cost) {
	if cur := c.new.Platform.Cost.Currency; cur != "" && cur != "USD" {
		return
	}
	for _, owner := range cost.Owners() {
		budget, ok := cost.Budgets[owner]
		is, was := cost.New.Total(owner), cost.Old.Total(owner)
		if !ok || is <= float64(budget) || is <= was {
			continue // in the table of costs it is seen all the same
		}
		one := Consequence{Kind: "budget-exceeded", Level: Notice, At: "budget/" + owner, Key: "cost.budgets." + owner,
			Summary: fmt.Sprintf("A month of %s is estimated at %s USD, above its budget of %s", owner, dollars(is), dollars(float64(budget))),
			Detail:  fmt.Sprintf("Before the change it was %s.", dollars(was))}
		if was <= float64(budget) {
			one.Level = Warning
		}
		c.say("", one)
	}
}
