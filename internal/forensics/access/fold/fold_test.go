package fold

import (
	"bytes"
	"testing"
)

func TestPath(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"", "/"},
		{"/", "/"},
		{"/v1/bookings", "/v1/bookings"},
		{"/v1/bookings/8123/legs", "/v1/bookings/{id}/legs"},
		{"/v2beta1/x", "/v2beta1/x"},
		{"/v1.13.0/app.js", "/v1.13.0/app.js"},
		{"/users/3f2504e0-4f89-41d3-9a0c-0305e82c3301/avatar.png", "/users/{uuid}/avatar.png"},
		{"/files/3F2504E0-4F89-41D3-9A0C-0305E82C3301.pdf", "/files/{uuid}.pdf"},
		{"/blobs/9e107d9d372bb6826bd81d3542a419d6", "/blobs/{hex}"},
		{"/reports/2026-11-23", "/reports/{date}"},
		{"/reports/2026-11-23.csv", "/reports/{date}.csv"},
		{"/reports/20261123", "/reports/{date}"},
		{"/reports/20269923", "/reports/{id}"},
		{"/static/app.4f3a9c21.js", "/static/app.{hex}.js"},
		{"/order-8123/2", "/order-{id}/{id}"},
		{"/img/logo@2x.png", "/img/logo@2x.png"},
		{"/s3/oauth2/callback", "/s3/oauth2/callback"},
		{"/verify/eyJhbGciOi9JIUzI1N2iIs3InR", "/verify/{token}"},
		{"/wp-login.php", "/wp-login.php"},
		{"//double//8", "//double//{id}"},
		{"/deadbeefdeadbeef", "/deadbeefdeadbeef"},
		{"no-slash/77", "no-slash/{id}"},
		{"/year/2026", "/year/{id}"},
		{"/a-12-b", "/a-12-b"},
	} {
		got, folded := Path(nil, []byte(c.path))
		if string(got) != c.want {
			t.Errorf("%s is folded to %s, want %s", c.path, got, c.want)
		}
		if want := c.path != c.want && c.path != ""; folded != want {
			t.Errorf("%s: folded is %v", c.path, folded)
		}
	}
}

// FuzzPath checks that folding twice is folding once, that it keeps the slashes,
// and that no path is longer than it may be.
func FuzzPath(f *testing.F) {
	f.Add([]byte("/v1/bookings/8123/2026-11-23/3f2504e0-4f89-41d3-9a0c-0305e82c3301"))
	f.Add([]byte("/a.4f3a9c21.js\x00\xff"))
	f.Fuzz(func(t *testing.T, path []byte) {
		once, _ := Path([]byte("before"), path)
		once, ok := bytes.CutPrefix(once, []byte("before"))
		if !ok || len(once) > Longest+len("…") {
			t.Fatalf("%q gives %q", path, once)
		}
		if len(path) > 0 && len(once) < Longest && bytes.Count(once, []byte("/")) != bytes.Count(path, []byte("/")) {
			t.Fatalf("%q gives %q: a slash is lost", path, once)
		}
	})
}

func BenchmarkPath(b *testing.B) {
	path := []byte("/v1/bookings/8123/legs/3f2504e0-4f89-41d3-9a0c-0305e82c3301")
	var out []byte
	for b.Loop() {
		out, _ = Path(out[:0], path)
	}
}
