package v1

import (
	"regexp"
	"slices"
	"strings"
)

// regions of AWS, with the beginning of the ids of their zones.
// Source: AWS documentation, "AWS Regions" and "AZ IDs".
var regions = [...]struct{ name, zones string }{
	{"af-south-1", "afs1"}, {"ap-east-1", "ape1"}, {"ap-east-2", "ape2"}, {"ap-northeast-1", "apne1"}, {"ap-northeast-2", "apne2"},
	{"ap-northeast-3", "apne3"}, {"ap-south-1", "aps1"}, {"ap-south-2", "aps2"}, {"ap-southeast-1", "apse1"}, {"ap-southeast-2", "apse2"},
	{"ap-southeast-3", "apse3"}, {"ap-southeast-4", "apse4"}, {"ap-southeast-5", "apse5"}, {"ap-southeast-6", "apse6"}, {"ap-southeast-7", "apse7"},
	{"ca-central-1", "cac1"}, {"ca-west-1", "caw1"}, {"eu-central-1", "euc1"}, {"eu-central-2", "euc2"}, {"eu-north-1", "eun1"},
	{"eu-south-1", "eus1"}, {"eu-south-2", "eus2"}, {"eu-west-1", "euw1"}, {"eu-west-2", "euw2"}, {"eu-west-3", "euw3"},
	{"il-central-1", "ilc1"}, {"me-central-1", "mec1"}, {"me-south-1", "mes1"}, {"mx-central-1", "mxc1"}, {"sa-east-1", "sae1"},
	{"us-east-1", "use1"}, {"us-east-2", "use2"}, {"us-west-1", "usw1"}, {"us-west-2", "usw2"},
	{"us-gov-east-1", "usge1"}, {"us-gov-west-1", "usgw1"},
}

// RegionName is a region of AWS: ap-south-1.
//
// +kubebuilder:object:generate=false
type RegionName string

// Form implements a value of the file.
func (RegionName) Form() Form { return Form{Noun: "a region of AWS", Example: "ap-south-1"} }

// Regions are the names of all regions, sorted by continent.
func Regions() []string {
	names := make([]string, len(regions))
	for i, r := range regions {
		names[i] = r.name
	}
	return names
}

var zoneOfRegion = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-[0-9])[a-f]$`)

// UnmarshalText reads the name of a region.
func (r *RegionName) UnmarshalText(text []byte) error {
	s := string(text)
	names := Regions()
	if slices.Contains(names, s) {
		*r = RegionName(s)
		return nil
	}
	if m := zoneOfRegion.FindStringSubmatch(s); m != nil && slices.Contains(names, m[1]) {
		return wrong(m[1], "%q is a zone; the region has no letter at its end", s)
	}
	if low := strings.ToLower(strings.ReplaceAll(s, "_", "-")); slices.Contains(names, low) {
		return wrong(low, "regions are written in lower case, with dashes")
	}
	return &ValueError{Reason: "there is no region " + quote(s), Word: s, Known: names}
}

// MarshalText writes the name.
func (r RegionName) MarshalText() ([]byte, error) { return []byte(r), nil }

// ZonePrefix is how the ids of the region's zones begin: aps1 for ap-south-1.
func (r RegionName) ZonePrefix() string {
	for _, known := range regions {
		if known.name == string(r) {
			return known.zones
		}
	}
	return ""
}

// InstanceType is a type of an EC2 machine: r6i.2xlarge.
//
// +kubebuilder:object:generate=false
type InstanceType string

// Form implements a value of the file.
func (InstanceType) Form() Form { return Form{Noun: "an instance type", Example: "m6i.large"} }

var instanceType = regexp.MustCompile(`^[a-z][a-z0-9-]{1,20}\.(nano|micro|small|medium|large|xlarge|[1-9][0-9]{0,2}xlarge|metal(-[0-9]{1,2}xl)?)$`)

// UnmarshalText reads a family, a point and a size. The database and search
// services of AWS write the same type with words around it; those are left out.
func (i *InstanceType) UnmarshalText(text []byte) error {
	s := string(text)
	if instanceType.MatchString(s) {
		*i = InstanceType(s)
		return nil
	}
	plain := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(s), "db."), "cache."), ".search")
	if plain != s && instanceType.MatchString(plain) {
		return wrong(plain, "an instance type is written as EC2 has it, whatever service it is for")
	}
	return wrong("", "%q is not a family and a size with a point between, such as m6i.large", s)
}

// MarshalText writes the type.
func (i InstanceType) MarshalText() ([]byte, error) { return []byte(i), nil }

// AccountID is the number of an AWS account: twelve digits.
//
// +kubebuilder:object:generate=false
type AccountID string

// Form implements a value of the file.
func (AccountID) Form() Form { return Form{Noun: "an account id", Example: "210987654321"} }

// UnmarshalText reads twelve digits. They are text: zeros at the beginning count.
func (a *AccountID) UnmarshalText(text []byte) error {
	s := string(text)
	bare := strings.NewReplacer("-", "", " ", "", "_", "").Replace(s)
	switch {
	case !digitsOnly(bare):
		return wrong("", "%q is not twelve digits", s)
	case len(bare) < 12:
		return wrong("", "%q has %d digits and not twelve; other programs drop zeros at the beginning", s, len(bare))
	case len(bare) > 12:
		return wrong("", "%q has %d digits and not twelve", s, len(bare))
	case bare != s:
		return wrong(bare, "an account id is written as digits alone")
	}
	*a = AccountID(s)
	return nil
}

// MarshalText writes the digits.
func (a AccountID) MarshalText() ([]byte, error) { return []byte(a), nil }

// Version is numbers with points between: 8.0, 1.35 or 17.
//
// +kubebuilder:object:generate=false
type Version string

// Form implements a value of the file.
func (Version) Form() Form { return Form{Noun: "a version", Example: "8.0"} }

var version = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6}){0,3}$`)

// UnmarshalText reads one to four numbers.
func (v *Version) UnmarshalText(text []byte) error {
	s := string(text)
	if version.MatchString(s) {
		*v = Version(s)
		return nil
	}
	if bare := strings.TrimLeft(strings.ToLower(s), "v^~=> "); bare != s && version.MatchString(bare) {
		return wrong(bare, "a version is numbers with points between, and means exactly that one")
	}
	if bare, rest, _ := strings.Cut(s, ".x"); rest == "" && version.MatchString(bare) && bare != s {
		return wrong(bare, "a version is numbers with points between; leave the last ones out")
	}
	return wrong("", "%q is not numbers with points between, such as 8.0", s)
}

// Major is the first number of the version; 0 when there is none.
func (v Version) Major() int {
	first, _, _ := strings.Cut(string(v), ".")
	n, _ := count(first)
	return n
}

// MarshalText writes the version.
func (v Version) MarshalText() ([]byte, error) { return []byte(v), nil }

// Tier is how much hangs on something, from 1, the most, to 4.
//
// +kubebuilder:object:generate=false
type Tier int

// Form implements a value of the file.
func (Tier) Form() Form { return Form{Noun: "a tier (1 to 4)", Example: "2"} }

// UnmarshalText reads 1 to 4.
func (t *Tier) UnmarshalText(text []byte) error {
	s := string(text)
	if len(s) == 1 && s[0] >= '1' && s[0] <= '4' {
		*t = Tier(s[0] - '0')
		return nil
	}
	if low, ok := strings.CutPrefix(strings.ToLower(s), "tier"); ok {
		if bare := strings.Trim(low, " -_"); len(bare) == 1 && bare[0] >= '1' && bare[0] <= '4' {
			return wrong(bare, "a tier is a number alone")
		}
	}
	return wrong("", "tiers go from 1, without which the company stands still, to 4, and %q is none", s)
}

// String is the number.
func (t Tier) String() string { return string(rune('0' + t)) }

// MarshalText writes String.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
