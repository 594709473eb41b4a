// Package trail makes CloudTrail trails to measure and test with: log and digest
// files as CloudTrail writes them, with keys of our own, and the same after each
// kind of tampering. It knows AWS's formats from their documentation and nothing
// of the verifier, so that the two can disagree.
package trail
