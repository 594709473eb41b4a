// Package gateway routes HTTP as Gateway API objects say: the requests of
// customers that come to its listener (routes with a Gateway as parent), and the
// calls between services that the network hands over (routes with a Service as
// parent). It knows routes, ready endpoints, retries, figures per backend and
// the status of its objects; it does not know releases, canaries or why a weight
// is what it is, and it never changes a spec.
//
// A change takes effect by the swap of an immutable table (package routing).
// The status of an object says a generation is observed only after the table
// made of it is live and no request under an older one can still be sent.
package gateway
