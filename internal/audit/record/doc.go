// Package record writes Paddock's own audit record: who changed what, when and
// why, as log and digest files of CloudTrail's format, which `paddock audit
// verify` and the AWS CLI prove alike. Beside them stands a Merkle tree over the
// events, whose signed head is published elsewhere, so that a record that was
// cut short is noticed. It knows how to keep events and keys on disk so that
// nothing is lost and nothing is written twice; it refuses to know what happens
// in a platform, and where heads are published.
package record
