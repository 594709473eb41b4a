package v1

import (
	"strings"
	"time"
)

// Hours are the same hours on some days of the week:
// Mon-Fri 08:00-21:00 Asia/Kolkata.
//
// +kubebuilder:object:generate=false
type Hours struct {
	// Days of the week, Sunday first.
	Days [7]bool
	// From and To are minutes of the day, To not included; 1440 is midnight at
	// the end of the day.
	From, To int
	Zone     *time.Location
}

// Form implements a value of the file.
func (Hours) Form() Form {
	return Form{Noun: "hours of the week", Example: "Mon-Fri 08:00-21:00 Asia/Kolkata"}
}

// UnmarshalText reads days, hours and a time zone.
func (h *Hours) UnmarshalText(text []byte) error {
	return proposed(h.read(string(text)), new(Hours).read)
}

func (h *Hours) read(s string) error {
	rest, zone, err := cutZone(s, "Mon-Fri 08:00-21:00 Asia/Kolkata")
	if err != nil {
		return err
	}
	dayList, times, ok := strings.Cut(rest, " ")
	if !ok {
		return wrong("", "%q is not days and hours, such as Mon-Fri 08:00-21:00", rest)
	}
	read := Hours{Zone: zone}
	if read.Days, err = readDays(dayList, s); err != nil {
		return err
	}
	from, to, ok := strings.Cut(times, "-")
	if !ok {
		return wrong("", "%q is not hours; hours are written from-to, such as 08:00-21:00", times)
	}
	if read.From, err = clock(from); err != nil {
		return within(err, from, s)
	}
	if read.To, err = clock(to); err != nil {
		return within(err, to, s)
	}
	switch {
	case read.To == 0 && read.From > 0:
		return wrong(strings.Replace(s, "-"+to, "-24:00", 1), "midnight at the end of the day is written 24:00")
	case read.From == read.To:
		return wrong("", "nothing lies between %s and %s", from, to)
	case read.From > read.To:
		return wrong("", "the hours end at %s before they begin at %s; hours do not go past midnight, so write 24:00, or two values where a list stands", to, from)
	}
	*h = read
	return nil
}

// readDays reads Mon-Fri or Mon,Wed,Sat-Sun.
func readDays(s, whole string) (days [7]bool, err error) {
	for _, part := range strings.Split(s, ",") {
		first, last, span := strings.Cut(part, "-")
		if !span {
			last = first
		}
		from, err := weekday(first)
		if err != nil {
			return days, within(err, first, whole)
		}
		to, err := weekday(last)
		if err != nil {
			return days, within(err, last, whole)
		}
		for d := from; ; d = (d + 1) % 7 {
			if days[d] {
				return days, wrong("", "%s is there twice in %q", weekdays[d], s)
			}
			days[d] = true
			if d == to {
				break
			}
		}
	}
	return days, nil
}

// writeDays writes a set of days from Monday on.
func writeDays(set [7]bool) string {
	var parts []string
	for i := 1; i <= 7; i++ {
		if !set[i%7] {
			continue
		}
		end := i
		for end < 7 && set[(end+1)%7] {
			end++
		}
		part := weekdays[i%7]
		if end > i {
			part += "-" + weekdays[end%7]
		}
		parts = append(parts, part)
		i = end
	}
	return strings.Join(parts, ",")
}

// String is the hours as they are written.
func (h Hours) String() string {
	return writeDays(h.Days) + " " + writeClock(h.From) + "-" + writeClock(h.To) + " " + h.Zone.String()
}

// MarshalText writes String.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Window is a time in which something holds, either a piece of every week,
// Fri 18:00 - Mon 06:00 Asia/Kolkata, or days,
// 2026-12-24 - 2027-01-02 Asia/Kolkata.
//
// +kubebuilder:object:generate=false
type Window struct {
	// From and To of every week, To not included, when Days is nil.
	From, To Moment
	Days     *Dates
	Zone     *time.Location
}

// Form implements a value of the file.
func (Window) Form() Form {
	return Form{Noun: "a time", Example: "Fri 18:00 - Mon 06:00 Asia/Kolkata"}
}

// UnmarshalText reads two moments of the week, or two days, and a time zone.
func (w *Window) UnmarshalText(text []byte) error {
	return proposed(w.read(string(text)), new(Window).read)
}

func (w *Window) read(s string) error {
	rest, zone, err := cutZone(s, "Fri 18:00 - Mon 06:00 Asia/Kolkata")
	if err != nil {
		return err
	}
	read := Window{Zone: zone}
	if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		read.Days = new(Dates)
		if err := read.Days.UnmarshalText([]byte(rest)); err != nil {
			return within(err, rest, s)
		}
		*w = read
		return nil
	}
	from, to, ok := strings.Cut(rest, " - ")
	if !ok {
		return wrong("", "%q is neither two times of the week nor two days with a dash between spaces, such as Fri 18:00 - Mon 06:00", rest)
	}
	if read.From, err = moment(from, s); err != nil {
		return err
	}
	if read.To, err = moment(to, s); err != nil {
		return err
	}
	if read.From == read.To {
		return wrong("", "the time ends when it begins, which is either always or never")
	}
	read.From.Zone, read.To.Zone = zone, zone
	*w = read
	return nil
}

// String is the window as it is written.
func (w Window) String() string {
	if w.Days != nil {
		return w.Days.String() + " " + w.Zone.String()
	}
	return w.From.short() + " - " + w.To.short() + " " + w.Zone.String()
}

// MarshalText writes String.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// Rotation is the length of a turn: daily, weekly, biweekly or a duration.
//
// +kubebuilder:object:generate=false
type Rotation time.Duration

var rotations = []struct {
	name   string
	length time.Duration
}{{"daily", day}, {"weekly", 7 * day}, {"biweekly", 14 * day}}

// Form implements a value of the file.
func (Rotation) Form() Form { return Form{Noun: "the length of a turn", Example: "weekly"} }

// UnmarshalText reads one of the words or a duration from an hour on.
func (r *Rotation) UnmarshalText(text []byte) error {
	s := string(text)
	for _, word := range rotations {
		if s == word.name {
			*r = Rotation(word.length)
			return nil
		}
	}
	var d Duration
	if err := d.UnmarshalText(text); err != nil {
		return &ValueError{Reason: quote(s) + " is neither daily, weekly, biweekly nor a duration such as 3d", Word: s, Known: []string{"daily", "weekly", "biweekly"}}
	}
	if time.Duration(d) < time.Hour {
		return wrong("", "a turn of less than an hour helps nobody")
	}
	*r = Rotation(d)
	return nil
}

// String is the rotation as it is written.
func (r Rotation) String() string {
	for _, word := range rotations {
		if time.Duration(r) == word.length {
			return word.name
		}
	}
	return Duration(r).String()
}

// MarshalText writes String.
func (r Rotation) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
