// Package registry is an OCI distribution registry on disk: what is pushed is
// there after a kill at any instant, what is served has the digest that was
// asked for, and no half of a blob is ever visible.
//
// The protocol's reading side and the tables of manifests are those of
// go-containerregistry, which keeps them in memory; this package gives it blobs
// on disk, replays the manifests at the start, and takes uploads itself because
// the library holds them in memory under one lock.
//
// It does not know what images are for or who may push: it listens where its
// owner lets it.
package registry
