// Command access measures paddock access beside a program that only finds the
// fields of each line, and beside DuckDB where there is one, in turn and on the
// same file, and prints a table. It compares processor time, because walls
// depend on who else uses the machine.
//
//	go run ./test/bench/access generate -lines 780000 -o alb.log
//	go run ./test/bench/access run -runs 3 alb.log
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"paddock.dev/test/bench/access/albgen"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: access generate|run|lines|fields …")
	}
	switch args[0] {
	case "generate":
		return generate(args[1:])
	case "run":
		return compare(args[1:])
	case "lines", "bytes", "fields":
		return yardstick(args[0], args[1:])
	}
	return fmt.Errorf("there is no %q: write generate, run, lines, bytes or fields", args[0])
}

// generate writes a log, and beside it what is true about it.
func generate(args []string) error {
	f := flag.NewFlagSet("generate", flag.ContinueOnError)
	lines := f.Int("lines", 780_000, "about how many lines")
	seed := f.Uint64("seed", 1, "the same seed gives the same bytes")
	hours := f.Int("hours", 24, "how long the log covers")
	quiet := f.Bool("quiet", false, "plant nothing")
	out := f.String("o", "alb.log", "file to write")
	if err := f.Parse(args); err != nil {
		return err
	}
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	truth, err := albgen.Write(file, albgen.Options{
		Seed: *seed, Lines: *lines, Start: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Duration: time.Duration(*hours) * time.Hour, Quiet: *quiet,
	})
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(truth, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out+".truth.json", data, 0o644)
}
