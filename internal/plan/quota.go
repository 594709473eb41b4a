package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/model/quota"
)

// Quota is how much of a limit of AWS the new platform uses.
type Quota struct {
	// Name under which cloud.quotas raises it.
	Name string `json:"name"`
	// Code in Service Quotas; empty when it has none of its own.
	Code    string `json:"code,omitempty"`
	Account string `json:"account"`
	Region  string `json:"region"`
	// Where is the network, gateway or group that it is counted in; empty when
	// the account is.
	Where string `json:"where,omitempty"`
	Used  int    `json:"used"`
	Limit int    `json:"limit"`
	// Raised says that the limit is the file's rather than AWS's default.
	Raised bool   `json:"raised,omitempty"`
	Source string `json:"source"`
}

// quotas counts what the roots ask for. A quota of which less than half is used
// is left out.
func quotas(s Side) []Quota {
	n := aws.Uses(s.Platform, s.Roots)
	raised := map[string]int{}
	for _, q := range s.Platform.Cloud.Quotas {
		raised[q.Name] = q.Limit
	}
	var all []Quota
	for _, at := range slices.SortedFunc(maps.Keys(n), func(a, b aws.Use) int {
		return cmp.Or(cmp.Compare(a.Quota, b.Quota), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Where, b.Where))
	}) {
		l, _ := quota.Find(at.Quota)
		q := Quota{Name: l.Name, Code: l.Code, Account: at.Account, Region: at.Region, Where: at.Where, Used: n[at], Limit: l.Default, Source: l.Source}
		if r, ok := raised[at.Quota]; ok {
			q.Limit, q.Raised = r, true
		}
		if 2*q.Used >= q.Limit {
			all = append(all, q)
		}
	}
	return all
}

// overQuota says what AWS will refuse because of the change.
func (c *comparison) overQuota(before, after []Quota) {
	for _, q := range after {
		if q.Used <= q.Limit || slices.ContainsFunc(before, func(b Quota) bool {
			return b.Name == q.Name && b.Account == q.Account && b.Region == q.Region && b.Where == q.Where && b.Used > b.Limit && b.Used >= q.Used
		}) {
			continue
		}
		where := ""
		if q.Where != "" {
			where = " in " + q.Where
		}
		c.say("", Consequence{Kind: "quota-exceeded", Level: Warning, At: fmt.Sprintf("quota/%s/%s/%s%s", q.Name, q.Account, q.Region, below(q.Where)), Key: "cloud.quotas." + q.Name,
			Summary: fmt.Sprintf("The account %s needs %d of the quota %s in %s%s, and has %d", q.Account, q.Used, q.Name, q.Region, where, q.Limit),
			Detail:  fmt.Sprintf("The rendering asks AWS for more%s, which may take days. Write the limit into cloud.quotas when the account has it. Source: %s.", parens(q.Code), q.Source)})
	}
}

func parens(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}
