// Package v1 holds the shapes that outlive a release of Paddock: the custom
// resources of the group paddock.dev, the platform file, and the JSON that
// commands print with --output json. It knows their fields and nothing of how
// they are read, stored or acted on.
//
// +kubebuilder:object:generate=true
// +groupName=paddock.dev
package v1
