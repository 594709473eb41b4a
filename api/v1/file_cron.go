package v1

import (
	"strconv"
	"strings"
	"time"
)

// Cron starts work by the clock: the five fields of crontab(5) and a time zone,
// 0 6 * * 1-5 Asia/Kolkata.
//
// +kubebuilder:object:generate=false
type Cron struct {
	// Fields with single spaces between.
	Fields string
	Zone   *time.Location
}

// Form implements a value of the file.
func (Cron) Form() Form {
	return Form{Noun: "a schedule (five fields of crontab and a time zone)", Example: "0 6 * * * Asia/Kolkata"}
}

// cronField is one of the five.
type cronField struct {
	name      string
	low, high int
	words     []string // names for numbers from low on
}

var cronFields = [...]cronField{
	{"minute", 0, 59, nil}, {"hour", 0, 23, nil}, {"day of the month", 1, 31, nil},
	{"month", 1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{"day of the week", 0, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
}

// nicknames are extensions that not every cron has.
var nicknames = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// UnmarshalText reads five fields and a time zone.
func (c *Cron) UnmarshalText(text []byte) error {
	return proposed(c.read(string(text)), new(Cron).read)
}

func (c *Cron) read(s string) error {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 200 {
		return wrong("", "the schedule is longer than 200 characters")
	}
	first, _, _ := strings.Cut(s, " ")
	if better, ok := nicknames[first]; ok {
		rest := strings.TrimPrefix(s, first)
		if rest == "" {
			rest = " UTC"
		}
		return wrong(better+rest, "%s is written as five fields: minute, hour, day of the month, month, day of the week", first)
	}
	fields := strings.Split(s, " ")
	switch {
	case len(fields) == 5:
		return wrong(s+" UTC", "%q does not end in a time zone, such as 0 6 * * * Asia/Kolkata", s)
	case len(fields) == 7:
		return wrong(strings.Join(fields[1:], " "), "there are no seconds in a schedule: the five fields are minute, hour, day of the month, month, day of the week")
	case len(fields) != 6:
		return wrong("", "%q does not have five fields (minute, hour, day of the month, month, day of the week) and a time zone", s)
	}
	var sets [5]uint64
	for i, f := range fields[:5] {
		set, err := cronFields[i].read(f)
		if err != nil {
			return err
		}
		sets[i] = set
	}
	zone, err := loadZone(fields[5], s)
	if err != nil {
		return err
	}
	// With both days restricted, cron starts when either of them fits.
	if fields[4] == "*" && !possible(sets[2], sets[3]) {
		return wrong("", "no month of those named has day %s, so the work would never start", fields[2])
	}
	*c = Cron{Fields: strings.Join(fields[:5], " "), Zone: zone}
	return nil
}

// possible reports whether one of the months has one of the days.
func possible(days, months uint64) bool {
	for m := time.January; m <= time.December; m++ {
		last := daysIn(2024, m) // a leap year: 29 February comes, if rarely
		if months&(1<<m) != 0 && days&(1<<(last+1)-1) != 0 {
			return true
		}
	}
	return false
}

// read turns a field into the set of numbers that it names.
func (f cronField) read(s string) (set uint64, err error) {
	for _, part := range strings.Split(s, ",") {
		span, every, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			n, err := count(every)
			if err != nil || n < 1 || n > f.high {
				return 0, wrong("", "%q is not a step of the %s; steps go from 1 to %d", every, f.name, f.high)
			}
			step = n
		}
		low, high := f.low, f.high
		if span != "*" {
			a, b, two := strings.Cut(span, "-")
			if low, err = f.number(a); err != nil {
				return 0, err
			}
			switch {
			case two:
				if high, err = f.number(b); err != nil {
					return 0, err
				}
			case !stepped:
				high = low
			}
			if low > high {
				return 0, wrong("", "the %s %q ends before it begins", f.name, span)
			}
		}
		for n := low; n <= high; n += step {
			set |= 1 << n
		}
	}
	return set, nil
}

func (f cronField) number(s string) (int, error) {
	for i, word := range f.words {
		if strings.EqualFold(s, word) {
			return f.low + i, nil
		}
	}
	n, err := count(s)
	if err != nil {
		return 0, wrong("", "%q is not a %s; write *, a number, a range such as 1-5, a list or a step such as */15", s, f.name)
	}
	if n < f.low || n > f.high {
		return 0, wrong("", "the %s goes from %d to %d, and %s is outside", f.name, f.low, f.high, strconv.Itoa(n))
	}
	return n, nil
}

// String is the schedule as it is written.
func (c Cron) String() string { return c.Fields + " " + c.Zone.String() }

// MarshalText writes String.
func (c Cron) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
