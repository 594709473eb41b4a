// Package kubernetes compiles a platform into Kubernetes objects. It is pure:
// the same model gives the same objects in the same order, and nothing here
// talks to a cluster.
//
// An environment is a namespace. A service in it has an identity, an address
// and policies that outlive its releases; a set is one release of the service
// that runs there: Deployment, autoscaler, configuration and a headless Service
// that names its pods. Routes share the requests among the sets, so canary and
// rollback are changes of weights and nothing else.
package kubernetes
