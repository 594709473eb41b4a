package model

import (
	"fmt"
	"strings"
	"time"
)

// Date is a day, whatever the time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// String is the day as RFC 3339 writes it.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Start is the first instant of the day.
func (d Date) Start(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// Dates are days from the first to the last, both included.
type Dates struct{ From, To Date }

// Moment is a time of the week.
type Moment struct {
	Day time.Weekday
	// Minute of the day.
	Minute int
	Zone   *time.Location
}

// Hours are the same hours on some days of the week.
type Hours struct {
	// Days of the week, Sunday first.
	Days [7]bool
	// From and To are minutes of the day, To not included; 1440 is midnight at
	// the end of the day.
	From, To int
	Zone     *time.Location
}

// Covers reports whether the instant is inside the hours.
func (h Hours) Covers(t time.Time) bool {
	t = t.In(h.Zone)
	minute := t.Hour()*60 + t.Minute()
	return h.Days[t.Weekday()] && minute >= h.From && minute < h.To
}

// Window is a time in which something holds: a piece of every week, or days.
type Window struct {
	// Weekly from one moment of the week to another; it may pass the end of the
	// week.
	Weekly *WeekSpan
	// Days, in Zone.
	Days *Dates
	Zone *time.Location
}

// WeekSpan is a piece of every week, To not included.
type WeekSpan struct{ From, To Moment }

// Covers reports whether the instant is inside the window.
func (w Window) Covers(t time.Time) bool {
	t = t.In(w.Zone)
	if w.Days != nil {
		return !t.Before(w.Days.From.Start(w.Zone)) && t.Before(w.Days.To.Start(w.Zone).AddDate(0, 0, 1))
	}
	if w.Weekly == nil {
		return false
	}
	at := int(t.Weekday())*1440 + t.Hour()*60 + t.Minute()
	from, to := w.Weekly.From.ofWeek(), w.Weekly.To.ofWeek()
	if from < to {
		return at >= from && at < to
	}
	return at >= from || at < to
}

func (m Moment) ofWeek() int { return int(m.Day)*1440 + m.Minute }

// Schedule starts work by the clock.
type Schedule struct {
	// Cron is the five fields of crontab(5).
	Cron string
	Zone *time.Location
}

var weekdays = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// String is the moment as the file writes it: Mon 10:00 Asia/Kolkata.
func (m Moment) String() string { return m.short() + " " + m.Zone.String() }

func (m Moment) short() string { return weekdays[m.Day] + " " + clock(m.Minute) }

// String is the hours as the file writes them: Mon-Fri 08:00-21:00 Asia/Kolkata.
func (h Hours) String() string {
	return fmt.Sprintf("%s %s-%s %s", days(h.Days), clock(h.From), clock(h.To), h.Zone)
}

// String is the window as the file writes it.
func (w Window) String() string {
	if w.Days != nil {
		return fmt.Sprintf("%s - %s %s", w.Days.From, w.Days.To, w.Zone)
	}
	if w.Weekly == nil {
		return "never"
	}
	return fmt.Sprintf("%s - %s %s", w.Weekly.From.short(), w.Weekly.To.short(), w.Zone)
}

// String is the schedule as the file writes it.
func (s Schedule) String() string { return s.Cron + " " + s.Zone.String() }

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// days writes a set of days from Monday on: Mon-Fri, or Mon,Wed,Sat-Sun.
func days(set [7]bool) string {
	var order []time.Weekday
	for i := range 7 {
		order = append(order, time.Weekday((i+1)%7))
	}
	var parts []string
	for i := 0; i < len(order); i++ {
		if !set[order[i]] {
			continue
		}
		end := i
		for end+1 < len(order) && set[order[end+1]] {
			end++
		}
		days := weekdays[order[i]]
		if end > i {
			days += "-" + weekdays[order[end]]
		}
		parts = append(parts, days)
		i = end
	}
	return strings.Join(parts, ",")
}
