package prometheus

import (
	"fmt"
	"strconv"

	"paddock.dev/internal/compile/observe"
	"paddock.dev/internal/emit/yaml"
)

// Tests is a file for `promtool test rules`: for each objective an outage that
// must alert, and a quiet night with a handful of failures that must not.
func Tests(ruleFile string, objectives []observe.Objective) []byte {
	tests := yaml.List{}
	for _, o := range objectives {
		tests = append(tests,
			test(o, o.Name+": an outage alerts", outage(o), 1),
			test(o, o.Name+": ten bad events in a night do not", night(o), 0),
			test(o, o.Name+": a good day does not", goodDay(o), 0),
		)
	}
	return yaml.Document("Rendered by paddock. Run: promtool test rules FILE", yaml.Map{
		{"rule_files", []string{ruleFile}}, {"evaluation_interval", "1m"}, {"tests", tests},
	})
}

// minutes of a simulation: longer than the first pair of windows and all that it
// waits for. Averages over longer windows are over what there is.
const minutes = 90

func test(o observe.Objective, name string, series yaml.List, firing int) yaml.Map {
	expected := yaml.List{}
	if firing > 0 {
		expected = append(expected, yaml.Map{{"labels", "{}"}, {"value", 1}})
	}
	return yaml.Map{
		{"name", name}, {"interval", "1m"}, {"input_series", series},
		{"promql_expr_test", yaml.List{yaml.Map{
			{"expr", fmt.Sprintf(`count(count by (slo) (ALERTS{slo="%s", alertstate="firing"}))`, o.Name)},
			{"eval_time", fmt.Sprintf("%dm", minutes)}, {"exp_samples", expected},
		}}},
	}
}

func outage(o observe.Objective) yaml.List { return traffic(o, "0+0x", "0+1200x") }
func night(o observe.Objective) yaml.List  { return traffic(o, "0+0x", "10+0x") }
func goodDay(o observe.Objective) yaml.List {
	return traffic(o, "0+1200x", "0+0x")
}

// traffic is the series of a service with good and bad events: both are patterns
// of promtool to which the number of minutes is added.
func traffic(o observe.Objective, good, bad string) yaml.List {
	list := yaml.List{}
	add := func(series, values string) {
		list = append(list, yaml.Map{{"series", series}, {"values", values}})
	}
	// A jump from nothing is no increase to Prometheus: the quiet night starts at
	// zero and gets its ten events after a while.
	pattern := func(p string) string {
		if p == "10+0x" {
			return "0x45 10x" + strconv.Itoa(minutes-46)
		}
		return p + strconv.Itoa(minutes)
	}
	metric := "http_server_request_duration_seconds"
	labels := fmt.Sprintf(`service="%s"`, o.Service)
	switch o.Kind {
	case observe.Availability:
		add(fmt.Sprintf(`%s_count{%s, code="200"}`, metric, labels), pattern(good))
		add(fmt.Sprintf(`%s_count{%s, code="503"}`, metric, labels), pattern(bad))
		return list
	case observe.Freshness:
		metric = "event_age_seconds"
	}
	bound := strconv.FormatFloat(o.Within.Seconds(), 'g', -1, 64)
	most := strconv.FormatFloat(4*o.Within.Seconds(), 'g', -1, 64)
	inside, all := pattern(good), pattern(good)
	if good == "0+0x" {
		all = pattern(bad)
	}
	add(fmt.Sprintf(`%s_bucket{%s, le="%s"}`, metric, labels, bound), inside)
	add(fmt.Sprintf(`%s_bucket{%s, le="%s"}`, metric, labels, most), all)
	add(fmt.Sprintf(`%s_bucket{%s, le="+Inf"}`, metric, labels), all)
	add(fmt.Sprintf(`%s_count{%s}`, metric, labels), all)
	return list
}
