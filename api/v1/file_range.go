package v1

import (
	"strconv"
	"strings"
)

// Range is a number, 3, or bounds, 2..20, both included.
//
// +kubebuilder:object:generate=false
type Range struct{ Min, Max int }

// Form implements a value of the file.
func (Range) Form() Form { return Form{Noun: "a number or a range", Example: "2..20"} }

// UnmarshalText reads 3 or 2..20.
func (r *Range) UnmarshalText(text []byte) error {
	s := string(text)
	low, high, bounds := strings.Cut(s, "..")
	if !bounds {
		for _, dash := range []string{"-", "–", "…", ":", " to ", ","} {
			if a, b, ok := strings.Cut(s, dash); ok && digitsOnly(strings.TrimSpace(a)) && digitsOnly(strings.TrimSpace(b)) {
				return wrong(strings.TrimSpace(a)+".."+strings.TrimSpace(b), "a range is written with two points")
			}
		}
		high = low
	}
	lowest, err := count(low)
	if err != nil {
		return wrong("", "%q is neither a whole number nor two of them with two points between", s)
	}
	highest, err := count(high)
	if err != nil {
		return wrong("", "%q is neither a whole number nor two of them with two points between", s)
	}
	if lowest > highest {
		return wrong(strconv.Itoa(highest)+".."+strconv.Itoa(lowest), "the lower bound %d is above the upper bound %d, so nothing lies between them", lowest, highest)
	}
	*r = Range{Min: lowest, Max: highest}
	return nil
}

// count reads a whole number below a thousand million.
func count(s string) (int, error) {
	if !digitsOnly(s) || len(s) > 9 {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(s)
}

// String is the range as it is written.
func (r Range) String() string {
	if r.Min == r.Max {
		return strconv.Itoa(r.Min)
	}
	return strconv.Itoa(r.Min) + ".." + strconv.Itoa(r.Max)
}

// MarshalText writes String.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Port is a TCP port of a service, 1024 to 65535: pods run without privileges
// and cannot listen below.
//
// +kubebuilder:object:generate=false
type Port int

// Form implements a value of the file.
func (Port) Form() Form { return Form{Noun: "a port number", Example: "8080"} }

// UnmarshalText reads a number from 1024 to 65535.
func (p *Port) UnmarshalText(text []byte) error {
	s := string(text)
	n, err := count(s)
	switch {
	case err != nil:
		return wrong("", "%q is not a whole number", s)
	case n < 1 || n > 65535:
		return wrong("", "ports go from 1024 to 65535, and %d is not one", n)
	case n < 1024:
		return wrong(strconv.Itoa(n+8000), "port %d is below 1024, where only privileged programs may listen; pods run without privileges", n)
	}
	*p = Port(n)
	return nil
}

// String is the number.
func (p Port) String() string { return strconv.Itoa(int(p)) }

// MarshalText writes String.
func (p Port) MarshalText() ([]byte, error) { return []byte(p.String()), nil }
