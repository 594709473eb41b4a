package proc

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	line := "42 (a) b (c\n) S 7 41 41 0 -1 4194560 100 0 0 0 5 6 7 8 20 0 1 0 12345 1000 3 18446744073709551615 1 1\n"
	got, err := parseStat([]byte(line))
	want := stat{state: 'S', parent: 7, group: 41, cpu: 26 * 10 * time.Millisecond, started: 12345, residentSize: 3 * int64(os.Getpagesize())}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
	for _, bad := range []string{"", "1 (x) S", "1 (x) S a b c d e f g h i j k l m n o p q r s t u v w"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	own, _ := os.ReadFile("/proc/self/stat")
	f.Add(own)
	f.Fuzz(func(_ *testing.T, line []byte) { _, _ = parseStat(line) })
}
