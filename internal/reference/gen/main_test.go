package main

import (
	"bytes"
	"os"
	"testing"
)

func TestCommentsAreFresh(t *testing.T) {
	want, err := extract("../../../api/v1")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../comments.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("comments.json is stale; run: go generate ./internal/reference")
	}
}
