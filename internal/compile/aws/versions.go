package aws

// Versions of what runs in a cluster beside services. They are pinned: a newer
// one is tried in the environments in their order, like a release of a service.
// docs/design/versions.md says for each where it was seen and what it goes with;
// change both together.

// addonVersions of Kubernetes 1.35, which `aws eks describe-addon-versions
// --kubernetes-version 1.35` lists. One of another minor is refused by EKS, so
// they are looked up again before a cluster is raised.
var addonVersions = Object{
	{"aws-ebs-csi-driver", String("v1.64.0-eksbuild.1")},
	{"aws-guardduty-agent", String("v1.12.1-eksbuild.2")},
	{"coredns", String("v1.13.2-eksbuild.31")},
	{"eks-node-monitoring-agent", String("v1.6.4-eksbuild.1")},
	{"eks-pod-identity-agent", String("v1.3.10-eksbuild.3")},
	{"kube-proxy", String("v1.35.3-eksbuild.29")},
	{"metrics-server", String("v0.9.0-eksbuild.6")},
	{"snapshot-controller", String("v8.5.0-eksbuild.5")},
	{"vpc-cni", String("v1.22.4-eksbuild.3")},
}

// chartVersions are releases that support Kubernetes 1.35.
var chartVersions = Object{
	{"aws-for-fluent-bit-image", String("3.4.17")},
	{"aws-load-balancer-controller", String("3.4.2")},
	{"aws-privateca-issuer", String("v1.7.0")},
	{"cert-manager", String("v1.21.2")},
	{"external-secrets", String("2.11.0")},
	{"fluent-bit", String("0.58.2")},
	{"karpenter", String("1.11.2")},
	{"kube-prometheus-stack", String("88.5.2")},
	{"opentelemetry-collector", String("0.158.2")},
	{"prometheus-adapter", String("5.3.0")},
}

// NodeImage is the image of Karpenter's nodes. The release of Bottlerocket must
// know the minor of Kubernetes: 1.35 came with v1.53.0.
const NodeImage = "bottlerocket@v1.64.0"
