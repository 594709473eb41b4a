package flows

import (
	"bytes"
	"context"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// FuzzParquet holds that a damaged file is an error, and never the end of us.
func FuzzParquet(f *testing.F) {
	type row struct {
		Src   string `parquet:"srcaddr"`
		Dst   string `parquet:"dstaddr,optional"`
		Bytes int64  `parquet:"bytes"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	if _, err := w.Write([]row{{"10.0.0.1", "10.0.0.2", 7}, {"::1", "::2", -1}}); err != nil {
		f.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Add([]byte("PAR1PAR1"))
	f.Add(bytes.Replace(b.Bytes(), []byte{8}, []byte{200}, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := newShared(&Options{})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorker(s)
		w.Begin(nil, nil, true)
		_ = w.ReadAll(context.Background(), bytes.NewReader(data), int64(len(data)))
		w.End(nil)
	})
}
