package model_test

import (
	"testing"
	"time"

	"paddock.dev/internal/model"
)

func TestCovers(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", text, kolkata)
		if err != nil {
			t.Fatal(err)
		}
		return when.UTC() // whatever zone the clock has
	}
	moment := func(day time.Weekday, minute int) model.Moment {
		return model.Moment{Day: day, Minute: minute, Zone: kolkata}
	}
	work := model.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 480, To: 1260, Zone: kolkata}
	night := model.Hours{Days: [7]bool{true}, From: 0, To: 1440, Zone: kolkata}
	weekend := model.Window{Weekly: &model.WeekSpan{From: moment(time.Friday, 1080), To: moment(time.Monday, 360)}, Zone: kolkata}
	midweek := model.Window{Weekly: &model.WeekSpan{From: moment(time.Tuesday, 600), To: moment(time.Wednesday, 600)}, Zone: kolkata}
	holidays := model.Window{Days: &model.Dates{From: model.Date{Year: 2026, Month: 12, Day: 24}, To: model.Date{Year: 2027, Month: 1, Day: 2}}, Zone: kolkata}
	for _, c := range []struct {
		what interface{ Covers(time.Time) bool }
		when string
		want bool
	}{
		{work, "2026-11-25 08:00", true}, {work, "2026-11-25 07:59", false}, {work, "2026-11-25 20:59", true}, {work, "2026-11-25 21:00", false}, {work, "2026-11-28 12:00", false},
		{night, "2026-11-29 23:59", true}, {night, "2026-11-30 00:00", false},
		{weekend, "2026-11-27 17:59", false}, {weekend, "2026-11-27 18:00", true}, {weekend, "2026-11-29 12:00", true}, {weekend, "2026-11-30 05:59", true}, {weekend, "2026-11-30 06:00", false},
		{midweek, "2026-11-24 10:00", true}, {midweek, "2026-11-25 10:00", false}, {midweek, "2026-11-26 10:00", false},
		{holidays, "2026-12-23 23:59", false}, {holidays, "2026-12-24 00:00", true}, {holidays, "2027-01-02 23:59", true}, {holidays, "2027-01-03 00:00", false},
		{model.Window{Zone: kolkata}, "2026-11-25 08:00", false},
	} {
		if got := c.what.Covers(at(c.when)); got != c.want {
			t.Errorf("%v covers %s: %v", c.what, c.when, got)
		}
	}
}

func TestTarget(t *testing.T) {
	r := model.Recovery{Targets: []model.Target{{Tier: 1, RTO: time.Hour}, {Tier: 3, RTO: 24 * time.Hour}}}
	for tier, want := range map[int]time.Duration{1: time.Hour, 2: time.Hour, 3: 24 * time.Hour, 4: 24 * time.Hour} {
		if got, ok := r.Target(tier); !ok || got.RTO != want {
			t.Errorf("tier %d: %v, %v", tier, got, ok)
		}
	}
	if _, ok := (model.Recovery{}).Target(1); ok {
		t.Error("a target out of nothing")
	}
}
