package main

import "testing"

func TestAnswerIsOfTheType(t *testing.T) {
	for _, c := range []struct{ name, kind, want string }{
		{"change", "string", "1"},
		{"account_prod", "string", "111111111199"},
		{"channels", "object({ data-team = optional(string) })", `{ data-team = "1" }`},
		{"windows", "map(object({ start = string }))", "{}"},
		{"zones", "list(string)", "[]"},
		{"contact", "object({ name = string, port = number, on = bool })", `{ name = "1", port = 1, on = true }`},
	} {
		if have := answer(c.name, c.kind); have != c.want {
			t.Errorf("%s %s: %s, not %s", c.name, c.kind, have, c.want)
		}
	}
}
