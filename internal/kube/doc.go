// Package kube talks to the Kubernetes API the way every part of Paddock does:
// server-side apply under one owner, an inventory of what was applied so that
// pruning is a difference of sets, waiting, and reading conditions. It knows
// Kubernetes' own kinds and nothing of platforms, releases or delivery.
package kube
