package policy

import (
	"fmt"
	"strings"

	v1 "paddock.dev/api/v1"
)

// Code is what is known about a service's source.
type Code struct {
	Service string
	// Ref of the branch whose pushes become releases, refs/heads/main.
	Ref string
	// Head is the commit that the branch points at.
	Head string
	// Builds of the service, in any order.
	Builds []v1.Build
}

// NextRelease is the release that the service lacks: its newest release must
// have the image of the branch's head and the configuration of the platform
// file. Number and version are left to whoever makes it. While the head is
// being built, or cannot be built, the image that was released last stays.
//
// A release that was made for a drill does not count; a blocked one does, or
// the same mistake would be released again.
func NextRelease(code Code, releases []v1.Release, config map[string]v1.ServiceConfig, digest string) (v1.ReleaseSpec, bool) {
	if len(config) == 0 {
		return v1.ReleaseSpec{}, false
	}
	newest := Newest(code.Service, releases)
	spec, ok := image(code, newest)
	if !ok {
		return v1.ReleaseSpec{}, false
	}
	if newest != nil && newest.Spec.Image == spec.Image && newest.Spec.ConfigDigest == digest {
		return v1.ReleaseSpec{}, false
	}
	if newest != nil && newest.Spec.Image == spec.Image {
		// The commit did not change, so its message does not say what did.
		spec.Subject = "configuration changed since " + newest.Spec.Version
	}
	spec.Config, spec.ConfigDigest = config, digest
	return spec, true
}

func image(code Code, newest *v1.Release) (v1.ReleaseSpec, bool) {
	var last *v1.Build
	for i := range code.Builds {
		b := &code.Builds[i]
		if b.Spec.Service != code.Service || b.Status.Phase != v1.BuildSucceeded || b.Status.Image == "" {
			continue
		}
		if b.Spec.Commit == code.Head {
			return fromBuild(b), true
		}
		if b.Spec.Ref == code.Ref && (last == nil || last.CreationTimestamp.Before(&b.CreationTimestamp)) {
			last = b
		}
	}
	switch {
	case newest != nil:
		s := newest.Spec
		return v1.ReleaseSpec{Service: s.Service, Image: s.Image, Commit: s.Commit, Author: s.Author, Subject: s.Subject, Build: s.Build}, true
	case last != nil:
		return fromBuild(last), true
	}
	return v1.ReleaseSpec{}, false
}

func fromBuild(b *v1.Build) v1.ReleaseSpec {
	return v1.ReleaseSpec{
		Service: b.Spec.Service, Image: b.Status.Image, Commit: b.Spec.Commit,
		Author: b.Spec.Author, Subject: b.Spec.Subject, Build: b.Name,
	}
}

// Newest is the service's release with the highest number, drills left out; nil
// when it has none.
func Newest(service string, releases []v1.Release) *v1.Release {
	var newest *v1.Release
	for i := range releases {
		r := &releases[i]
		if r.Spec.Service == service && !r.Spec.Drill && (newest == nil || r.Spec.Number > newest.Spec.Number) {
			newest = r
		}
	}
	return newest
}

// NextNumber is a number that no release of the service ever had. The counter
// remembers releases that were deleted since.
func NextNumber(service string, releases []v1.Release, counter int64) int64 {
	next := max(counter, 0)
	for _, r := range releases {
		if r.Spec.Service == service {
			next = max(next, r.Spec.Number+1)
		}
	}
	return next
}

// Version of a release with that number.
func Version(number int64) string { return fmt.Sprintf("1.%d.0", number) }

// ReleaseName is <service>-<version>.
func ReleaseName(service, version string) string { return service + "-" + version }

// BuildName is <service>-<first 12 digits of the commit>.
func BuildName(service, commit string) string {
	return service + "-" + commit[:min(12, len(commit))]
}

// BranchRef is the full name of a branch.
func BranchRef(branch string) string {
	if strings.HasPrefix(branch, "refs/") {
		return branch
	}
	return "refs/heads/" + branch
}
