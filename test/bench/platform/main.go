// Command platform writes the platform file of a company with so many services,
// for measuring paddock as a process.
//
//	go run ./test/bench/platform 500 > large.yaml
package main

import (
	"fmt"
	"os"
	"strconv"

	"paddock.dev/internal/spec/spectest"
)

func main() {
	if len(os.Args) != 2 {
		exit("usage: platform SERVICES")
	}
	n, err := strconv.Atoi(os.Args[1])
	if err != nil || n < 1 || n > 2000 {
		exit("SERVICES is a number from 1 to 2000")
	}
	if _, err := os.Stdout.Write(spectest.Generate(n)); err != nil {
		exit(err.Error())
	}
}

func exit(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(2)
}
