// Package policy decides what is to exist: which release a service should have
// next, and which rollouts carry releases along the path. It is pure and
// level-triggered: it looks at what is there and says what is missing, however
// that came about. It knows nothing of how a rollout proceeds once it exists.
package policy
