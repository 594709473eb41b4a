// Package matrix turns the delivery resources of a platform into what people
// look at: the environments and services with what runs in each, the history,
// and the releases. Same input, same output, in a fixed order. It knows the
// resources and the model, and nothing of how they are read or shown: no
// client, no clock, no colours.
package matrix
