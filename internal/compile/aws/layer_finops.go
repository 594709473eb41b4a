package aws

import (
	"slices"
	"strings"

	"paddock.dev/internal/model"
)

// finops is the layer 90-finops, in the account that pays for all.
func (c *compiler) finops() []Root {
	account := Management
	if c.platform.Accounts.Single {
		account = Shared
	}
	r := Root{
		Account: account, Region: c.platform.Cloud.Region, Layer: FinOps,
		Providers: []Provider{{Name: "aws", Alias: "global", Account: account, Region: "us-east-1"}},
		Lookups:   []Lookup{topicLookup("warning", c.topic(account, "warning"))},
	}
	reports := Args{
		{"name", String(c.platform.Name)},
		{"account_id", c.accountID(account)},
		{"tags", Strings([]string{"paddock:data", "paddock:env", "paddock:owner", "paddock:platform", "paddock:service", "paddock:store", "paddock:tier"})},
		{"environments", c.environmentAccounts()},
		{"tagged_environments", Strings(c.environmentNames())},
		{"teams", Strings(c.teamNames())},
		{"bucket", String(c.bucket(account, "costs", "us-east-1"))},
		{"exports", costExports},
		{"optimized", Strings([]string{"AutoScalingGroup", "Ec2Instance"})},
	}
	if !c.platform.Accounts.Single {
		r.Lookups = append(r.Lookups, organizationLookup())
		reports = append(reports, Arg{"organization_arn", Ref("data.aws_organizations_organization.this.arn")})
	}
	if m, ok := c.budgets(); ok {
		r.Modules = append(r.Modules, m)
	}
	r.Modules = append(r.Modules, Module{
		Name: "reports", Source: "cost-reports", From: of("cost"), Args: reports,
		Providers: []Pass{{"aws", "aws"}, {"aws.global", "aws.global"}},
	})
	return []Root{r}
}

func (c *compiler) environmentNames() []string {
	var names []string
	for _, e := range c.platform.Environments {
		names = append(names, e.Name)
	}
	return names
}

func (c *compiler) teamNames() []string {
	var names []string
	for _, t := range c.platform.Teams {
		names = append(names, t.Name)
	}
	return names
}

// environmentAccounts are the accounts of each environment; none where all share
// one.
func (c *compiler) environmentAccounts() Object {
	o := Object{}
	if c.platform.Accounts.Single {
		return o
	}
	for _, e := range c.platform.Environments {
		o = append(o, Arg{e.Name, List{c.accountID(e.Name)}})
	}
	sortArgs(o)
	return o
}

// budgets of the file, and of environments that have one of their own. The
// amount from which a surprise is told at once is a fiftieth of the smallest.
func (c *compiler) budgets() (Module, bool) {
	budgets := Object{}
	least := int64(0)
	add := func(name string, amount int64, ids List) {
		mail := List{}
		if m := c.platform.Alerts.Mail; m != "" {
			mail = List{String(m)}
		}
		budgets = append(budgets, Arg{name, Object{{"amount", Number(amount)}, {"account_ids", ids}, {"mail", mail}}})
		if least == 0 || amount < least {
			least = amount
		}
	}
	for _, b := range c.platform.Cost.Budgets {
		add(b.Account, b.Amount, c.budgetAccounts(b))
	}
	for _, e := range c.platform.Environments {
		if e.Budget > 0 && !slices.ContainsFunc(budgets, func(a Arg) bool { return a.Key == e.Name }) {
			add(e.Name, e.Budget, c.budgetAccounts(model.Budget{Account: e.Name}))
		}
	}
	if len(budgets) == 0 {
		return Module{}, false
	}
	sortArgs(budgets)
	args := Args{
		{"name", String(c.platform.Name)},
		{"currency", String(c.platform.Cost.Currency)},
		{"budgets", budgets},
		{"forecast_percent", Number(max(1, c.platform.Cost.Alert))},
		{"anomaly_amount", Number(max(25, least/50))},
		{"topic_arn", Ref("data.aws_sns_topic.warning.arn")},
	}
	if m := c.platform.Alerts.Mail; m != "" {
		args = append(args, Arg{"mail", String(m)})
	}
	return Module{Name: "budgets", Source: "budgets", From: of("cost.budgets"), Args: args}, true
}

// budgetAccounts are the accounts that a budget is for; core stands for those
// that serve all.
func (c *compiler) budgetAccounts(b model.Budget) List {
	ids := List{}
	if c.platform.Accounts.Single {
		return ids
	}
	if b.Account != "core" {
		return List{c.accountID(b.Account)}
	}
	for _, a := range c.accounts() {
		if _, env := c.platform.Environment(a); !env {
			ids = append(ids, c.accountID(a))
		}
	}
	return ids
}

// costColumns are what a table of costs needs to answer by day, account, service
// and tag ("Cost and Usage Report 2.0", data dictionary).
var costColumns = []string{
	"bill_billing_period_start_date", "line_item_usage_account_id", "line_item_usage_start_date", "line_item_product_code", "line_item_usage_type",
	"line_item_operation", "line_item_resource_id", "line_item_line_item_type", "line_item_usage_amount", "line_item_unblended_cost", "line_item_currency_code",
	"pricing_unit", "product_region_code", "product_instance_type", "resource_tags", "cost_category", "reservation_effective_cost", "savings_plan_savings_plan_effective_cost",
}

var costExports = Object{
	{"costs", Object{
		{"description", String("Every line of the bill by hour, with resources and tags")},
		{"query", String("SELECT " + strings.Join(costColumns, ", ") + " FROM COST_AND_USAGE_REPORT")},
		{"tables", Object{{"COST_AND_USAGE_REPORT", Object{
			{"INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY", String("FALSE")}, {"INCLUDE_RESOURCES", String("TRUE")}, {"INCLUDE_SPLIT_COST_ALLOCATION_DATA", String("TRUE")}, {"TIME_GRANULARITY", String("HOURLY")},
		}}}},
	}},
	{"recommendations", Object{
		{"description", String("What AWS would change, with what it would save")},
		{"query", String("SELECT account_id, action_type, currency_code, current_resource_type, estimated_monthly_cost_after_discount, estimated_monthly_savings_after_discount, implementation_effort, recommendation_id, recommended_resource_type, region, resource_arn, tags FROM COST_OPTIMIZATION_RECOMMENDATIONS")},
		{"tables", Object{{"COST_OPTIMIZATION_RECOMMENDATIONS", Object{{"INCLUDE_ALL_RECOMMENDATIONS", String("FALSE")}, {"FILTER", String("{}")}}}}},
	}},
}
