package trail

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"paddock.dev/internal/objects"
)

// Store is where trail files lie; objects.At makes one.
type Store = objects.Store

// Location is one of the places to look in.
type Location struct {
	// Name is how the user wrote it.
	Name  string
	Store Store
}

// ref names an object. In a bucket it is the bucket and the whole key. A copy on
// disk has no bucket: there it is the directory above AWSLogs and the key from
// AWSLogs on, or, when files were copied without their directories, the file's
// name alone.
type ref struct{ space, key string }

// file is an object whose name is one that CloudTrail gives.
type file struct {
	ref
	store  Store
	object objects.Object
	// flat says that only the last part of the key is known.
	flat bool
	name name
	// named says that a proved digest names this log file, lost that one which
	// should is not proved.
	named, lost bool
}

// archive is what lies in the locations.
type archive struct {
	files   map[ref]*file
	digests []*file
	logs    []*file
	// sidecars are the stores' .sig files by the digest that they belong to.
	sidecars map[ref]*file
	// spaces are the buckets with the prefixes that were listed.
	spaces   map[string][]string
	problems []Finding
}

// list finds the files in all locations.
func list(ctx context.Context, locations []Location) (*archive, error) {
	a := &archive{files: map[ref]*file{}, sidecars: map[ref]*file{}, spaces: map[string][]string{}}
	for _, l := range locations {
		bucket := ""
		if rest, ok := strings.CutPrefix(l.Name, "s3://"); ok {
			name, prefix, _ := strings.Cut(rest, "/")
			bucket = "s3://" + name
			a.spaces[bucket] = append(a.spaces[bucket], strings.TrimSuffix(prefix, "*"))
		}
		for o, err := range l.Store.List(ctx) {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				a.problems = append(a.problems, Finding{Severity: Problem, Kind: Unreadable, File: o.Name, Detail: err.Error() + "."})
				continue
			}
			f := &file{store: l.Store, object: o}
			if bucket != "" {
				f.ref = ref{bucket, strings.TrimPrefix(o.Name, bucket+"/")}
			} else {
				f.ref, f.flat = local(l.Name, o)
			}
			a.add(f)
		}
	}
	return a, nil
}

func (a *archive) add(f *file) {
	if of, ok := strings.CutSuffix(f.key, ".sig"); ok {
		if n, ok := parseName(of); ok && n.digest {
			a.sidecars[ref{f.space, of}] = f
		}
		return
	}
	n, ok := parseName(f.key)
	if !ok {
		return
	}
	if _, twice := a.files[f.ref]; twice {
		return // two locations, one inside the other
	}
	f.name = n
	a.files[f.ref] = f
	if n.digest {
		a.digests = append(a.digests, f)
	} else {
		a.logs = append(a.logs, f)
	}
}

// local names a file of a copy on disk.
func local(location string, o objects.Object) (r ref, flat bool) {
	path := o.Name
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	path = filepath.ToSlash(path)
	// The last AWSLogs counts: a copy may lie anywhere.
	if i := strings.LastIndex(path, "/AWSLogs/"); i >= 0 {
		return ref{path[:i], path[i+1:]}, false
	}
	return ref{location, path[strings.LastIndexByte(path, '/')+1:]}, true
}

// refer is where an object that a digest names would lie.
func (f *file) refer(bucket, key string) ref {
	switch {
	case strings.HasPrefix(f.space, "s3://"):
		return ref{"s3://" + bucket, key}
	case f.flat:
		return ref{f.space, key[strings.LastIndexByte(key, '/')+1:]}
	}
	_, below := place(key)
	return ref{f.space, below}
}

// looked reports whether an object would have been listed if it were there.
func (a *archive) looked(r ref) bool {
	if !strings.HasPrefix(r.space, "s3://") {
		return true
	}
	for _, prefix := range a.spaces[r.space] {
		if strings.HasPrefix(r.key, prefix) {
			return true
		}
	}
	return false
}

// show is a ref as users write it.
func (r ref) show() string {
	if strings.HasPrefix(r.space, "s3://") {
		return r.space + "/" + r.key
	}
	return r.key
}

func (f *file) open(ctx context.Context) (io.ReadCloser, error) {
	return f.store.Open(ctx, f.object.Key)
}
