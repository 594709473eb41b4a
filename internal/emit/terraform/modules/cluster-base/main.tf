# What runs in a cluster for all services. Before it is applied, the folder base
# of the cluster's Kubernetes objects is: namespaces, and the network policies
# without which no pod of a strict cluster becomes ready.

locals {
  cluster_arn = "arn:aws:eks:${var.region}:${var.account_id}:cluster/${var.name}"

  # Controllers have nodes of their own; Karpenter's nodes come and go.
  on_system_nodes = {
    nodeSelector = { "paddock.dev/pool" = "system" }
    tolerations  = [{ key = "CriticalAddonsOnly", operator = "Exists" }]
  }

  # Controllers run as anything else does here: without a privilege.
  pod_security = {
    runAsNonRoot   = true
    runAsUser      = 65532
    fsGroup        = 65532
    seccompProfile = { type = "RuntimeDefault" }
  }
  container_security = {
    allowPrivilegeEscalation = false
    readOnlyRootFilesystem   = true
    capabilities             = { drop = ["ALL"] }
  }
}
