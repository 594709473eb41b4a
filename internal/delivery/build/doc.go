// Package build turns one commit of a service into an OCI image in a registry:
// check out, find the language, compile, pack, push. The same commit gives the
// same digest on every machine and in every directory, as long as Paddock and the
// compiler are the same versions.
//
// The tree is not trusted: it is compiled with an environment that holds no
// secret, and nothing in it is run unless tests are asked for.
//
// It does not know what a release is or where images run; where code comes from
// is an interface.
package build
