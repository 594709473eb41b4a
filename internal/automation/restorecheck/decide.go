// Package restorecheck says whether what a restore test brought back is what was
// copied: it exists, it can be used, it is encrypted with our key, nothing of it
// is missing, and its objects can be read. It tells AWS Backup the verdict. It
// reads what a restore made and nothing else of anybody's data, and it refuses
// to judge restores that people start.
package restorecheck

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/automation"
)

// Kind of a resource, as AWS Backup calls it.
type Kind string

// The kinds that are looked at.
const (
	Volume   Kind = "EBS"
	Machine  Kind = "EC2"
	Database Kind = "RDS"
	Bucket   Kind = "S3"
)

// TagTest is on everything that a restore test makes ("Restore testing", AWS
// Backup Developer Guide): by it AWS Backup finds what it has to delete.
const TagTest = "awsbackup-restore-test"

// Job is a restore.
type Job struct {
	ID   string
	Kind Kind
	// Status such as COMPLETED.
	Status string
	// Plan of restore tests by its name; empty for a restore by hand.
	Plan string
	// Restored and Source are ARNs: what was made, and what had been copied.
	Restored, Source string
	// Taken is when the copy was made.
	Taken time.Time
	// Bytes that the copied resource had, 0 when nobody knows.
	Bytes int64
	// Tags of the copy.
	Tags automation.Tags
}

// Disk is a volume, or the storage of a database.
type Disk struct {
	Name      string
	Encrypted bool
	// Key is the ARN of the key.
	Key   string
	Bytes int64
}

// Object is one object of a restored bucket.
type Object struct {
	Name  string
	Bytes int64
	// Key is the ARN of the key; empty without one.
	Key string
	// Fault is why it could not be read to its end; empty when it could, and what
	// was read had the checksum that S3 keeps.
	Fault string
	// Checksum with its algorithm in front, such as CRC64NVME=…; may be empty.
	Checksum string
	// Before is the same object where it was copied from; nil when it is gone or
	// was written again since.
	Before *Object
}

// Thing is a restored resource.
type Thing struct {
	// Found is false when there is no such resource.
	Found bool
	// State as its service calls it, and whether it can be used in it. What is
	// still on its way is Pending.
	State         string
	Well, Pending bool
	// Public reports whether the internet could reach it.
	Public bool
	Tags   automation.Tags
	Disks  []Disk
	// Objects are a sample of a bucket's. Empty says that there are none.
	Objects []Object
}

// Want is what must hold.
type Want struct {
	// Environment that the copy is of.
	Environment string
	// Key is the ARN of the key that encrypts what is restored.
	Key string
	// Bytes of the source as it is now, 0 when it is gone; only counts when the
	// copy itself does not say how large it is, because sources grow.
	SourceBytes int64
}

// Check is one question and its answer.
type Check struct {
	Name string `json:"name"`
	Fine bool   `json:"fine"`
	// Detail says what was seen.
	Detail string `json:"detail"`
}

// Decide answers all questions about a restored resource. The order is fixed;
// what is not there has no other properties.
func Decide(j Job, t Thing, want Want) []Check {
	if !t.Found {
		return []Check{{"exists", false, j.Restored + " does not exist"}}
	}
	checks := []Check{
		{"exists", true, j.Restored},
		{"state", t.Well, cmp.Or(t.State, "unknown")},
		copied(j, want), tagged(t),
		{"private", !t.Public, map[bool]string{true: "can be reached from the internet", false: "not on the internet"}[t.Public]},
	}
	if j.Kind == Bucket {
		return append(checks, objects(j, t, want)...)
	}
	return append(checks, encryption(t, want), size(j, t, want))
}

// copied asks whether the copy is of this environment: its tags come from the
// plan that made it.
func copied(j Job, want Want) Check {
	env := j.Tags[automation.TagEnvironment]
	if env != want.Environment {
		return Check{"copy", false, fmt.Sprintf("the copy says that it is of %q, not of %s", env, want.Environment)}
	}
	return Check{"copy", true, "of " + env + ", taken " + j.Taken.UTC().Format(time.DateTime)}
}

// tagged asks whether AWS Backup will find the resource when it cleans up.
func tagged(t Thing) Check {
	if _, ok := t.Tags[TagTest]; !ok {
		return Check{"tags", false, "has no tag " + TagTest + ": it would stay and cost"}
	}
	return Check{"tags", true, "has the tag " + TagTest}
}

func encryption(t Thing, want Want) Check {
	for _, d := range t.Disks {
		switch {
		case !d.Encrypted:
			return Check{"encryption", false, d.Name + " is not encrypted"}
		case d.Key != want.Key:
			return Check{"encryption", false, d.Name + " is encrypted with " + cmp.Or(d.Key, "an unknown key") + ", not with " + want.Key}
		}
	}
	if len(t.Disks) == 0 {
		return Check{"encryption", false, "has no storage at all"}
	}
	return Check{"encryption", true, "encrypted with " + want.Key}
}

func size(j Job, t Thing, want Want) Check {
	var have int64
	for _, d := range t.Disks {
		have += d.Bytes
	}
	least := cmp.Or(j.Bytes, want.SourceBytes)
	switch {
	case least == 0:
		return Check{"size", false, "neither the copy nor its source says how large it was"}
	case have < least:
		return Check{"size", false, fmt.Sprintf("has %s, what was copied had %s", gib(have), gib(least))}
	}
	return Check{"size", true, gib(have)}
}

func gib(bytes int64) string { return fmt.Sprintf("%.4g GiB", float64(bytes)/(1<<30)) }

// objects asks for the encryption and the content of a bucket's sample.
func objects(j Job, t Thing, want Want) []Check {
	key := Check{"encryption", true, "objects are encrypted with " + want.Key}
	read, same := Check{"objects", true, ""}, 0
	var bytes int64
	for _, o := range t.Objects {
		bytes += o.Bytes
		if o.Key != want.Key && key.Fine {
			key = Check{"encryption", false, o.Name + " is encrypted with " + cmp.Or(o.Key, "no key of ours") + ", not with " + want.Key}
		}
		if fault := differs(o); fault != "" && read.Fine {
			read = Check{"objects", false, o.Name + " " + fault}
		}
		if o.Before != nil {
			same++
		}
	}
	switch {
	case len(t.Objects) == 0 && j.Bytes > 0:
		return []Check{{"objects", false, "the bucket is empty, the copy is not: " + gib(j.Bytes)}}
	case len(t.Objects) == 0:
		return []Check{{"objects", true, "the copy is of an empty bucket"}}
	case read.Fine:
		read.Detail = fmt.Sprintf("%d read to the end, %d of them compared with their source", len(t.Objects), same)
	}
	return []Check{key, read}
}

// differs says what is wrong with an object; empty when nothing is.
func differs(o Object) string {
	b := o.Before
	switch {
	case o.Fault != "":
		return "cannot be read: " + o.Fault
	case b == nil:
		return ""
	case b.Bytes != o.Bytes:
		return fmt.Sprintf("has %d bytes, its source has %d", o.Bytes, b.Bytes)
	case algorithm(b.Checksum) == algorithm(o.Checksum) && b.Checksum != o.Checksum:
		return "has the checksum " + o.Checksum + ", its source has " + b.Checksum
	}
	return ""
}

func algorithm(checksum string) string {
	name, _, _ := strings.Cut(checksum, "=")
	return name
}

// Verdict is what AWS Backup is told.
type Verdict struct {
	Fine bool
	// Message for people: what failed, or else what was seen. At most 1,000
	// characters.
	Message string
}

// Judge sums checks up: all must be fine, and there must be some.
func Judge(checks []Check) Verdict {
	var bad, good []string
	for _, c := range checks {
		line := c.Name + ": " + c.Detail
		if c.Fine {
			good = append(good, line)
		} else {
			bad = append(bad, line)
		}
	}
	v := Verdict{Fine: len(bad) == 0 && len(good) > 0, Message: strings.Join(append(bad, good...), "; ")}
	if len(bad) > 0 {
		v.Message = strings.Join(bad, "; ")
	}
	if len(v.Message) > 1000 {
		v.Message = strings.ToValidUTF8(v.Message[:997], "") + "..."
	}
	return v
}
