package build

import "testing"

func TestSummary(t *testing.T) {
	for _, c := range []struct{ name, said, want string }{
		{"compiler", "# example.test/hello\n./main.go:4:14: undefined: x\n./main.go:5:1: undefined: y\n", "main.go:4:14: undefined: x"},
		{"modules", "go: downloading example.test/x v1.0.0\ngo.mod:3: invalid go version\n", "go.mod:3: invalid go version"},
		{"heading only", "# example.test/hello\nlink: something\n", "link: something"},
		{"tests", "ok  \tx\t0.1s\n--- FAIL: TestA (0.00s)\n    a_test.go:7: got 1\nFAIL\n", "--- FAIL: TestA (0.00s)"},
		{"panic in a test", "panic: boom\n\ngoroutine 7 [running]:\n", "panic: boom"},
		{"nothing", "\n", "the go command failed without a word"},
	} {
		if got := summary(c.said); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzSummary(f *testing.F) {
	f.Add("# x\n./main.go:4:14: undefined: x\n")
	f.Fuzz(func(t *testing.T, said string) {
		if got := summary(said); got == "" {
			t.Errorf("no summary of %q", said)
		}
	})
}

func TestTailIsBounded(t *testing.T) {
	var all tail
	line := make([]byte, 1000)
	for range 3000 {
		all.Write(line)
	}
	all.Write([]byte("the end"))
	if s := all.String(); len(s) > 2*maxTail || s[len(s)-7:] != "the end" {
		t.Errorf("kept %d bytes", len(s))
	}
}
