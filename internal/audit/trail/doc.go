// Package trail proves CloudTrail: whether the log files in a bucket, or in a
// copy of one, are what was delivered, and whether all are there. It follows the
// chain of signed digest files as the CloudTrail user guide specifies it
// ("Custom implementations of CloudTrail log file integrity validation",
// "CloudTrail digest file structure"), and beyond it: each digest is also held
// against what the next one says of it, and every log file against the digests.
// It knows files, hashes and signatures; it refuses to know what the events in
// the log files mean, and changes nothing.
package trail
