package rules

import (
	"testing"
	"time"

	"paddock.dev/internal/model"
)

func TestSweepJoinsWhatTouches(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 11, 25, h, 0, 0, 0, time.UTC) }
	got := sweep(at(0), at(10), []time.Time{at(2), at(4), at(4), at(6), at(20)}, func(t time.Time) bool { return t.Hour() < 4 || t.Hour() >= 6 })
	if len(got) != 2 || !got[0].from.Equal(at(0)) || !got[0].to.Equal(at(4)) || !got[1].from.Equal(at(6)) || !got[1].to.Equal(at(10)) {
		t.Errorf("got %v", got)
	}
	if total(got) != 8*time.Hour {
		t.Errorf("total is %s", total(got))
	}
}

// A sweep asks at few instants. It must find what asking every minute finds.
func TestSweepFindsWhatEveryMinuteFinds(t *testing.T) {
	kolkata, _ := time.LoadLocation("Asia/Kolkata")
	berlin, _ := time.LoadLocation("Europe/Berlin")
	hours := model.Hours{Days: [7]bool{false, true, true, true, true, true, false}, From: 9*60 + 30, To: 1440, Zone: kolkata}
	changes := model.Hours{Days: [7]bool{true, true, false, true, false, true, true}, From: 90, To: 210, Zone: berlin} // over the change of clocks
	env := &model.Environment{
		Hours: &hours, Changes: []model.Hours{changes},
		Freeze: []model.Window{
			{Weekly: &model.WeekSpan{From: model.Moment{Day: time.Friday, Minute: 1080}, To: model.Moment{Day: time.Monday, Minute: 135}}, Zone: berlin},
			{Days: &model.Dates{From: model.Date{Year: 2026, Month: 10, Day: 28}, To: model.Date{Year: 2026, Month: 10, Day: 28}}, Zone: kolkata},
		},
	}
	from := time.Date(2026, 10, 20, 7, 13, 0, 0, time.UTC)
	to := from.Add(14 * 24 * time.Hour)
	c := calendarOf(env, from, to)
	for name, holds := range map[string]func(time.Time) bool{
		"up": c.up, "open": c.open, "frozen": c.frozen, "asleep": func(t time.Time) bool { return c.window(t) && !c.up(t) },
	} {
		minutes := 0
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			if holds(at) {
				minutes++
			}
		}
		if got := int(total(sweep(from, to, c.edges, holds)).Minutes()); got != minutes || minutes == 0 {
			t.Errorf("%s: %d minutes by sweep, %d one by one", name, got, minutes)
		}
	}
}

func TestRotationHandsOverAtTheSameHour(t *testing.T) {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	team := model.Team{OnCall: &model.OnCall{
		Rotate: 7 * 24 * time.Hour, Handover: model.Moment{Day: time.Monday, Minute: 600, Zone: berlin},
		Members: []string{"asha", "vikram", "meera"}, Layers: 2,
	}}
	f := newFacts(&model.Platform{}, time.Time{}, Options{})
	r := f.rotation(&team)
	// Clocks go back on the 25th of October 2026.
	for week := range 6 {
		handover := time.Date(2026, 10, 12+7*week, 10, 0, 0, 0, berlin)
		before, after := r.duty(handover.Add(-time.Minute)), r.duty(handover)
		if before[1] != after[0] {
			t.Errorf("at %s %v hand over to %v: the secondary becomes primary", handover, before, after)
		}
		if late := r.duty(handover.Add(6 * 24 * time.Hour)); late[0] != after[0] {
			t.Errorf("%v within a turn of %v", late, after)
		}
	}
	if at := time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC); len(r.duty(at)) != 2 {
		t.Errorf("nobody before the first turn: %v", r.duty(at))
	}
}

func TestRotationOfHours(t *testing.T) {
	team := model.Team{OnCall: &model.OnCall{
		Rotate: 12 * time.Hour, Handover: model.Moment{Day: time.Monday, Minute: 480, Zone: time.UTC},
		Members: []string{"asha", "vikram"}, Layers: 1,
	}}
	f := newFacts(&model.Platform{}, time.Time{}, Options{})
	r := f.rotation(&team)
	day := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	if a, b := r.duty(day)[0], r.duty(day.Add(12 * time.Hour))[0]; a == b {
		t.Errorf("%s is on duty day and night", a)
	}
	if a, b := r.duty(day)[0], r.duty(day.Add(10 * time.Hour))[0]; a != b {
		t.Errorf("%s hands over to %s within a turn", a, b)
	}
	edges := r.edges(day, day.Add(48*time.Hour))
	if len(edges) < 4 || len(edges) > 6 {
		t.Errorf("%d edges in two days", len(edges))
	}
}
