package v1

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time: a number with a unit, 300ms, 15m or 7d, or
// several of them, 1h30m.
//
// +kubebuilder:object:generate=false
type Duration time.Duration

// Form implements a value of the file.
func (Duration) Form() Form { return Form{Noun: "a duration", Example: "15m"} }

const day = 24 * time.Hour

var durationUnits = []struct {
	name string
	size time.Duration
}{{"d", day}, {"h", time.Hour}, {"ms", time.Millisecond}, {"m", time.Minute}, {"s", time.Second}}

// UnmarshalText reads 15m or 1h30m.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if number(s) {
		return wrong(s+"s", "%q has no unit; the units are ms, s, m, h and d", s)
	}
	if strings.HasPrefix(s, "-") {
		return wrong("", "a duration cannot be negative")
	}
	var total time.Duration
	smallest := time.Duration(math.MaxInt64)
	for rest := s; rest != ""; {
		digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
		rest = rest[len(digits):]
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return wrong("", "%q is not a whole number followed by ms, s, m, h or d", s)
		}
		var size time.Duration
		for _, u := range durationUnits {
			if after, ok := strings.CutPrefix(rest, u.name); ok {
				size, rest = u.size, after
				break
			}
		}
		switch {
		case size == 0:
			return wrong("", "%q is not a whole number followed by ms, s, m, h or d", s)
		case size >= smallest:
			return wrong("", "the units of %q must go from the largest to the smallest, each once", s)
		case n > int64((math.MaxInt64-total)/size):
			return wrong("", "%q is longer than 292 years", s)
		}
		smallest = size
		total += time.Duration(n) * size
	}
	if s == "" {
		return wrong("", "the value is empty")
	}
	*d = Duration(total)
	return nil
}

// String is the shortest way to write the duration.
func (d Duration) String() string {
	rest := time.Duration(d)
	if rest == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, name := range []string{"d", "h", "m", "s", "ms"} {
		for _, u := range durationUnits {
			if u.name == name && rest >= u.size {
				b.WriteString(strconv.FormatInt(int64(rest/u.size), 10) + name)
				rest %= u.size
			}
		}
	}
	return b.String()
}

// MarshalText writes String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// CPU is processor time in thousandths of a core: 250m, 0.5 or 2.
//
// +kubebuilder:object:generate=false
type CPU int64

// Form implements a value of the file.
func (CPU) Form() Form { return Form{Noun: "an amount of CPU", Example: "250m"} }

// mostCPU is more than the largest machine has.
const mostCPU = 1024 * 1000

// UnmarshalText reads thousandths of a core (250m) or cores (0.5, 2).
func (c *CPU) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		return wrong("", "the value is empty")
	}
	var milli int64
	if digits, ok := strings.CutSuffix(s, "m"); ok {
		n, err := strconv.ParseUint(digits, 10, 32)
		if err != nil {
			return wrong("", "%q is not a whole number of thousandths, such as 250m", s)
		}
		milli = int64(n)
	} else {
		n, ok := fixed(s, 3)
		if !ok {
			if digits := strings.TrimRight(s, "%CPUcpu res"); digits != s && number(digits) {
				return wrong("", "%q is written without a unit for cores (2) and with m for thousandths of a core (250m)", s)
			}
			return wrong("", "%q is neither cores with at most three decimals, such as 0.5, nor thousandths, such as 250m", s)
		}
		milli = n
	}
	switch {
	case milli == 0:
		return wrong("1m", "a replica cannot run on no CPU at all")
	case milli > mostCPU:
		return wrong("", "%q is more than 1024 cores; no machine has that", s)
	}
	*c = CPU(milli)
	return nil
}

// String is cores when they are whole, else thousandths.
func (c CPU) String() string {
	if c%1000 == 0 {
		return strconv.FormatInt(int64(c/1000), 10)
	}
	return strconv.FormatInt(int64(c), 10) + "m"
}

// MarshalText writes String.
func (c CPU) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Bytes is an amount of memory or disk: 256Mi, 1Gi.
//
// +kubebuilder:object:generate=false
type Bytes int64

// Form implements a value of the file.
func (Bytes) Form() Form { return Form{Noun: "a size", Example: "256Mi"} }

var byteUnits = []struct {
	name  string
	shift uint
}{{"Ti", 40}, {"Gi", 30}, {"Mi", 20}, {"Ki", 10}}

// UnmarshalText reads a whole number of Ki, Mi, Gi or Ti.
func (z *Bytes) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "" {
		return wrong("", "the value is empty")
	}
	digits := s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
	unit := s[len(digits):]
	for _, u := range byteUnits {
		if unit != u.name {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		switch {
		case err != nil && digits == "":
			return wrong("", "%q has no number before its unit", s)
		case err != nil || n > math.MaxInt64>>u.shift:
			return wrong("", "%q is larger than any disk", s)
		case n == 0:
			return wrong("", "a size of nothing cannot be meant")
		}
		*z = Bytes(n << u.shift)
		return nil
	}
	switch strings.TrimSuffix(strings.ToLower(unit), "b") {
	case "":
		if digits != "" {
			return wrong(digits+"Mi", "%q has no unit; the units are Ki, Mi, Gi and Ti", s)
		}
	case "k", "ki":
		return wrong(digits+"Ki", "%q has a unit that is not used here; the units are Ki, Mi, Gi and Ti", s)
	case "m", "mi":
		return wrong(digits+"Mi", "%q has a unit that is not used here; the units are Ki, Mi, Gi and Ti", s)
	case "g", "gi":
		return wrong(digits+"Gi", "%q has a unit that is not used here; the units are Ki, Mi, Gi and Ti", s)
	case "t", "ti":
		return wrong(digits+"Ti", "%q has a unit that is not used here; the units are Ki, Mi, Gi and Ti", s)
	}
	return wrong("", "%q is not a whole number followed by Ki, Mi, Gi or Ti", s)
}

// String uses the largest unit that leaves a whole number.
func (z Bytes) String() string {
	for _, u := range byteUnits {
		if z != 0 && z%(1<<u.shift) == 0 {
			return strconv.FormatInt(int64(z>>u.shift), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(z), 10)
}

// MarshalText writes String.
func (z Bytes) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// Percent is a share in thousandths of a percent: 60%, 99.9%, 99.999%.
//
// +kubebuilder:object:generate=false
type Percent int64

// Form implements a value of the file.
func (Percent) Form() Form { return Form{Noun: "a percentage", Example: "60%"} }

// UnmarshalText reads 0% to 100% with at most three decimals.
func (p *Percent) UnmarshalText(text []byte) error {
	s := string(text)
	digits, ok := strings.CutSuffix(s, "%")
	if !ok {
		if number(s) {
			return wrong(s+"%", "%q has no percent sign", s)
		}
		return wrong("", "%q is not a number followed by a percent sign", s)
	}
	n, ok := fixed(strings.TrimSuffix(digits, " "), 3)
	switch {
	case !ok:
		return wrong("", "%q is not a number with at most three decimals followed by a percent sign", s)
	case n > 100_000:
		return wrong("", "%q is more than all", s)
	}
	*p = Percent(n)
	return nil
}

// Number is the percentage without its sign and without idle zeros: 99.9.
func (p Percent) Number() string {
	s := strconv.FormatInt(int64(p/1000), 10)
	if frac := int64(p % 1000); frac != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(1000+frac, 10)[1:], "0")
	}
	return s
}

// String is the percentage with its sign.
func (p Percent) String() string { return p.Number() + "%" }

// MarshalText writes String.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// number reports whether s is digits with at most one decimal point.
func number(s string) bool {
	whole, frac, point := strings.Cut(s, ".")
	return digitsOnly(whole) && (!point || digitsOnly(frac))
}

func digitsOnly(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// fixed reads a decimal number with at most that many decimals, as a count of
// the smallest of them, up to a million million.
func fixed(s string, decimals int) (int64, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if !number(s) || len(frac) > decimals || len(whole) > 9 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
	return n, err == nil
}
