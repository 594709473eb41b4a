package v1

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date is a day: 2026-12-24.
//
// +kubebuilder:object:generate=false
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Form implements a value of the file.
func (Date) Form() Form { return Form{Noun: "a day", Example: "2027-03-31"} }

// UnmarshalText reads year, month and day as RFC 3339 writes them.
func (d *Date) UnmarshalText(text []byte) error {
	return proposed(d.read(string(text)), new(Date).read)
}

func (d *Date) read(s string) error {
	parts := strings.Split(s, "-")
	if len(parts) != 3 || !digitsOnly(parts[0]) || !digitsOnly(parts[1]) || !digitsOnly(parts[2]) || len(s) > 10 {
		return wrong("", "%q is not a day; days are written year-month-day, such as 2027-03-31", s)
	}
	year, _ := strconv.Atoi(parts[0])
	month, _ := strconv.Atoi(parts[1])
	dom, _ := strconv.Atoi(parts[2])
	if len(parts[0]) != 4 {
		return wrong("", "%q does not begin with a year of four digits; days are written year-month-day, such as 2027-03-31", s)
	}
	if year < 2000 || year > 2999 {
		return wrong("", "the year %s cannot be meant", parts[0])
	}
	if month < 1 || month > 12 {
		return wrong("", "there is no month %s", parts[1])
	}
	if last := daysIn(year, time.Month(month)); dom < 1 || dom > last {
		return wrong("", "%s %d has no day %s; it has %d days", time.Month(month), year, parts[2], last)
	}
	read := Date{year, time.Month(month), dom}
	if read.String() != s {
		return wrong(read.String(), "month and day are written with two digits")
	}
	*d = read
	return nil
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// String is the day as it is written.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

func (d Date) after(other Date) bool { return d.String() > other.String() }

// Dates are days from the first to the last, both included:
// 2026-12-24 - 2027-01-02, or one day alone.
//
// +kubebuilder:object:generate=false
type Dates struct{ From, To Date }

// Form implements a value of the file.
func (Dates) Form() Form { return Form{Noun: "days", Example: "2026-12-24 - 2027-01-02"} }

// UnmarshalText reads one day, or two with a dash between spaces.
func (d *Dates) UnmarshalText(text []byte) error {
	return proposed(d.read(string(text)), new(Dates).read)
}

func (d *Dates) read(s string) error {
	first, last, both := strings.Cut(s, " - ")
	if !both {
		if better, ok := dashed(s); ok {
			return wrong(better, "the first and the last day are separated by a dash between spaces")
		}
		last = first
	}
	var read Dates
	if err := read.From.UnmarshalText([]byte(first)); err != nil {
		return within(err, first, s)
	}
	if err := read.To.UnmarshalText([]byte(last)); err != nil {
		return within(err, last, s)
	}
	if read.From.after(read.To) {
		return wrong(last+" - "+first, "the last day %s is before the first day %s", last, first)
	}
	*d = read
	return nil
}

// dashed corrects other ways to write " - ".
func dashed(s string) (string, bool) {
	for _, other := range []string{" – ", " — ", " to ", " until ", "..", "–", "/"} {
		if a, b, ok := strings.Cut(s, other); ok {
			better := strings.TrimSpace(a) + " - " + strings.TrimSpace(b)
			return better, new(Dates).UnmarshalText([]byte(better)) == nil
		}
	}
	if len(s) == 21 && s[10] == '-' {
		better := s[:10] + " - " + s[11:]
		return better, new(Dates).UnmarshalText([]byte(better)) == nil
	}
	return "", false
}

// within makes an error about a part one about the whole.
func within(err error, part, whole string) error {
	if e, ok := errors.AsType[*ValueError](err); ok && e.Instead != "" {
		return &ValueError{Reason: e.Reason, Instead: strings.Replace(whole, part, e.Instead, 1)}
	}
	return err
}

// String is the days as they are written.
func (d Dates) String() string {
	if d.From == d.To {
		return d.From.String()
	}
	return d.From.String() + " - " + d.To.String()
}

// MarshalText writes String.
func (d Dates) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// weekdays in the order of package time.
var weekdays = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// weekday reads the first three letters of a day.
func weekday(s string) (time.Weekday, error) {
	for i, name := range weekdays {
		if s == name {
			return time.Weekday(i), nil
		}
	}
	for i, name := range weekdays {
		if len(s) >= 2 && strings.HasPrefix(strings.ToLower(time.Weekday(i).String()), strings.ToLower(s)) || strings.EqualFold(s, name) || strings.EqualFold(strings.TrimSuffix(s, "s"), name) {
			return 0, wrong(name, "days are written Mon, Tue, Wed, Thu, Fri, Sat, Sun, and not %q", s)
		}
	}
	return 0, wrong("", "%q is not a day; days are written Mon, Tue, Wed, Thu, Fri, Sat, Sun", s)
}

func isDay(s string) bool {
	_, err := weekday(s)
	return err == nil
}

// clock reads hours and minutes as a minute of the day; 24:00 is its end.
func clock(s string) (int, error) {
	hours, minutes, ok := strings.Cut(s, ":")
	if !ok && digitsOnly(s) && len(s) <= 2 {
		if n, _ := strconv.Atoi(s); n <= 24 {
			return 0, wrong(fmt.Sprintf("%02d:00", n), "a time has hours and minutes, such as 18:00, and not %q", s)
		}
	}
	if !ok || !digitsOnly(hours) || !digitsOnly(minutes) || len(hours) > 2 || len(minutes) != 2 {
		return 0, wrong("", "%q is not a time; times are written with hours from 00 to 24 and minutes, such as 18:00", s)
	}
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	if m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, wrong("", "there is no time %s", s)
	}
	if len(hours) == 1 {
		return 0, wrong("0"+s, "hours are written with two digits")
	}
	return h*60 + m, nil
}

func writeClock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// Moment is a time of the week: Mon 10:00 Asia/Kolkata.
//
// +kubebuilder:object:generate=false
type Moment struct {
	Day    time.Weekday
	Minute int
	Zone   *time.Location
}

// Form implements a value of the file.
func (Moment) Form() Form {
	return Form{Noun: "a time of the week", Example: "Mon 10:00 Asia/Kolkata"}
}

// UnmarshalText reads a day, a time and a time zone.
func (m *Moment) UnmarshalText(text []byte) error {
	return proposed(m.read(string(text)), new(Moment).read)
}

func (m *Moment) read(s string) error {
	rest, zone, err := cutZone(s, "Mon 10:00 Asia/Kolkata")
	if err != nil {
		return err
	}
	read, err := moment(rest, s)
	if err != nil {
		return err
	}
	read.Zone = zone
	*m = read
	return nil
}

// moment reads a day and a time that are a part of whole.
func moment(s, whole string) (Moment, error) {
	name, at, ok := strings.Cut(s, " ")
	if !ok {
		return Moment{}, wrong("", "%q is not a day and a time, such as Mon 10:00", s)
	}
	day, err := weekday(name)
	if err != nil {
		return Moment{}, within(err, name, whole)
	}
	minute, err := clock(at)
	if err != nil {
		return Moment{}, within(err, at, whole)
	}
	if minute == 1440 {
		next := weekdays[(int(day)+1)%7] + " 00:00"
		return Moment{}, wrong(strings.Replace(whole, s, next, 1), "the end of %s is the beginning of the next day", name)
	}
	return Moment{Day: day, Minute: minute}, nil
}

func (m Moment) short() string { return weekdays[m.Day] + " " + writeClock(m.Minute) }

// String is the moment as it is written.
func (m Moment) String() string { return m.short() + " " + m.Zone.String() }

// MarshalText writes String.
func (m Moment) MarshalText() ([]byte, error) { return []byte(m.String()), nil }
