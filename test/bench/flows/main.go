// Command flows measures paddock flows against programs that do less. It makes
// realistic flow logs with planted findings, knows what is true about them, and
// prints how much CPU each program takes. It refuses to judge walls: machines
// are shared.
//
//	go run ./test/bench/flows gen -size 1000 -dir /tmp/flows
//	go run ./test/bench/flows run -dir /tmp/flows
//	go run ./test/bench/flows check -dir /tmp/flows
//
// The other words are the programs themselves: fields, gunzip, answers.
package main

import (
	"fmt"
	"os"
)

func main() {
	programs := map[string]func([]string) error{
		"gen": generate, "run": measure, "check": check,
		"fields": ceilFields, "gunzip": ceilGunzip, "answers": answers,
	}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: flows gen|run|check|fields|gunzip|answers ...")
		os.Exit(2)
	}
	if err := programs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
