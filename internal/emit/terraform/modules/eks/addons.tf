# What every cluster has. The network add-on comes before any node.

locals {
  pod_identity_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account_id }
        ArnEquals    = { "aws:SourceArn" = aws_eks_cluster.this.arn }
      }
    }]
  })
}

resource "aws_iam_role" "network" {
  name               = var.network_role_name
  assume_role_policy = local.pod_identity_trust
}

resource "aws_iam_role_policy_attachment" "network" {
  role       = aws_iam_role.network.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"
}

resource "aws_eks_addon" "identity" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "eks-pod-identity-agent"
  addon_version               = var.addon_versions["eks-pod-identity-agent"]
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"
}

resource "aws_eks_addon" "network" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "vpc-cni"
  addon_version               = var.addon_versions["vpc-cni"]
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"

  # Strict: a pod reaches nothing until its policies are in force. External
  # translation: pods keep their own addresses on the way out of the VPC, so
  # that rules and flow logs that speak of pods are true.
  configuration_values = jsonencode({
    enableNetworkPolicy = "true"
    env = {
      NETWORK_POLICY_ENFORCING_MODE     = "strict"
      AWS_VPC_K8S_CNI_EXTERNALSNAT      = "true"
      ENABLE_PREFIX_DELEGATION          = "true"
      WARM_PREFIX_TARGET                = "1"
      ENABLE_POD_ENI                    = "true"
      POD_SECURITY_GROUP_ENFORCING_MODE = "standard"
    }
  })

  pod_identity_association {
    role_arn        = aws_iam_role.network.arn
    service_account = "aws-node"
  }

  depends_on = [aws_eks_addon.identity]
}

resource "aws_eks_addon" "proxy" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "kube-proxy"
  addon_version               = var.addon_versions["kube-proxy"]
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"
}

resource "aws_iam_role" "volumes" {
  name               = var.volumes_role_name
  assume_role_policy = local.pod_identity_trust
}

resource "aws_iam_role_policy_attachment" "volumes" {
  role       = aws_iam_role.volumes.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
}

resource "aws_iam_role_policy" "volumes" {
  name = "keys"
  role = aws_iam_role.volumes.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], Resource = var.data_key_arn },
      { Effect = "Allow", Action = "kms:CreateGrant", Resource = var.data_key_arn, Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } } },
    ]
  })
}

resource "aws_eks_addon" "volumes" {
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = "aws-ebs-csi-driver"
  addon_version               = var.addon_versions["aws-ebs-csi-driver"]
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"

  pod_identity_association {
    role_arn        = aws_iam_role.volumes.arn
    service_account = "ebs-csi-controller-sa"
  }

  depends_on = [aws_eks_node_group.system]
}

resource "aws_eks_addon" "this" {
  for_each = { for k, v in var.addon_versions : k => v if !contains(["vpc-cni", "kube-proxy", "aws-ebs-csi-driver", "eks-pod-identity-agent"], k) }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = each.value
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "PRESERVE"
  configuration_values        = lookup(local.addon_configuration, each.key, null)

  depends_on = [aws_eks_node_group.system]
}

locals {
  system_pool = {
    tolerations  = [{ key = "CriticalAddonsOnly", operator = "Exists" }]
    nodeSelector = { "paddock.dev/pool" = "system" }
  }

  addon_configuration = {
    coredns = jsonencode(merge(local.system_pool, {
      autoScaling               = { enabled = true, minReplicas = 2, maxReplicas = 10 }
      podDisruptionBudget       = { enabled = true, maxUnavailable = 1 }
      topologySpreadConstraints = [{ maxSkew = 1, topologyKey = "topology.kubernetes.io/zone", whenUnsatisfiable = "ScheduleAnyway", labelSelector = { matchLabels = { "k8s-app" = "kube-dns" } } }]
    }))
    metrics-server = jsonencode(merge(local.system_pool, { replicas = 2 }))
  }
}
