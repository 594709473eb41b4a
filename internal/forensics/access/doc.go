// Package access answers questions about access logs in one pass: what was asked
// for, by whom, how it was answered and how fast; what got worse and when, which
// target fails, and which clients are not what they say. It knows how to count
// exactly in bounded memory and how to judge the counts; it refuses to know where
// the lines come from, the clock and the terminal.
//
// An Analyst counts, one for each goroutine; Merge adds up what two have counted,
// and Report draws the conclusions. How the lines were dealt out to analysts does
// not change a report, as long as no table was full.
package access
