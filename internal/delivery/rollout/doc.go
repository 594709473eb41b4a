// Package rollout is the machine that brings a release into an environment and
// takes it back out. It is pure: an Observation says what is there, Decide says
// what the rollouts' statuses become, Desired says which sets run and how the
// requests are shared among them. Whoever calls it observes, writes and applies.
//
// It keeps no state of its own. Everything follows from the statuses of the
// rollouts and from what is observed, so the caller may die between any two
// acts and the next one continues. It knows nothing of the Kubernetes API, of
// gateways or of clocks.
package rollout
