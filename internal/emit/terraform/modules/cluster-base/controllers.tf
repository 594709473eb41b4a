# Controllers. Every chart is pinned and every image comes from the company's
# registry: nodes reach no other.

resource "helm_release" "certificates" {
  name       = "cert-manager"
  namespace  = "cert-manager"
  repository = "https://charts.jetstack.io"
  chart      = "cert-manager"
  version    = var.chart_versions["cert-manager"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    crds                = { enabled = true, keep = true }
    global              = { priorityClassName = "platform-critical" }
    replicaCount        = 2
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
    image               = { repository = "${var.registry}/quay/jetstack/cert-manager-controller" }
    acmesolver          = { image = { repository = "${var.registry}/quay/jetstack/cert-manager-acmesolver" } }
    startupapicheck     = { enabled = false }
    webhook             = merge(local.on_system_nodes, { replicaCount = 3, podDisruptionBudget = { enabled = true, maxUnavailable = 1 }, image = { repository = "${var.registry}/quay/jetstack/cert-manager-webhook" } })
    cainjector          = merge(local.on_system_nodes, { replicaCount = 2, image = { repository = "${var.registry}/quay/jetstack/cert-manager-cainjector" } })
  }))]
}

resource "helm_release" "issuer" {
  name       = "aws-privateca-issuer"
  namespace  = "cert-manager"
  repository = "https://cert-manager.github.io/aws-privateca-issuer"
  chart      = "aws-privateca-issuer"
  version    = var.chart_versions["aws-privateca-issuer"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    replicaCount       = 2
    image              = { repository = "${var.registry}/ecr-public/k1n1h4h4/cert-manager-aws-privateca-issuer" }
    serviceAccount     = { create = true, name = local.permissions.issuer.account }
    priorityClassName  = "platform-critical"
    podSecurityContext = local.pod_security
    securityContext    = local.container_security
  }))]

  depends_on = [helm_release.certificates, aws_eks_pod_identity_association.this]
}

# Where services' certificates come from, and whom shippers of logs trust. Both
# are known only here.
resource "helm_release" "authority" {
  name      = "paddock-authority"
  namespace = "cert-manager"
  chart     = "${path.module}/issuer"
  atomic    = true

  values = [yamlencode({
    arn          = var.authority_arn
    region       = var.region
    logAuthority = join("\n", [for pem in var.log_authority : trimspace(pem) if pem != null && pem != ""])
  })]

  depends_on = [helm_release.issuer]
}

# Pods with a security group of their own. Kubernetes wants its id, which is
# known only here.
resource "helm_release" "isolation" {
  count = length(var.pod_security_groups) > 0 ? 1 : 0

  name      = "paddock-isolation"
  namespace = var.namespace
  chart     = "${path.module}/isolation"
  atomic    = true

  values = [yamlencode({ namespace = var.namespace, groups = var.pod_security_groups })]
}

resource "helm_release" "secrets" {
  name       = "external-secrets"
  namespace  = "external-secrets"
  repository = "https://charts.external-secrets.io"
  chart      = "external-secrets"
  version    = var.chart_versions["external-secrets"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    installCRDs         = true
    replicaCount        = 2
    leaderElect         = true
    image               = { repository = "${var.registry}/github/external-secrets/external-secrets" }
    serviceAccount      = { name = local.permissions.secrets.account }
    priorityClassName   = "platform-critical"
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
    webhook             = merge(local.on_system_nodes, { replicaCount = 2, image = { repository = "${var.registry}/github/external-secrets/external-secrets" } })
    certController      = merge(local.on_system_nodes, { image = { repository = "${var.registry}/github/external-secrets/external-secrets" } })
  }))]

  depends_on = [aws_eks_pod_identity_association.this]
}

# It binds pods to target groups and makes no load balancer, rule or listener:
# neither objects nor permissions for that exist.
resource "helm_release" "balancers" {
  count = length(var.target_prefixes) > 0 ? 1 : 0

  name       = "aws-load-balancer-controller"
  namespace  = "kube-system"
  repository = "https://aws.github.io/eks-charts"
  chart      = "aws-load-balancer-controller"
  version    = var.chart_versions["aws-load-balancer-controller"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    clusterName                 = var.name
    region                      = var.region # pods do not reach the instance's metadata
    vpcId                       = var.vpc_id
    watchNamespace              = var.namespace
    replicaCount                = 2
    image                       = { repository = "${var.registry}/ecr-public/eks/aws-load-balancer-controller" }
    serviceAccount              = { name = local.permissions.balancers.account }
    podDisruptionBudget         = { maxUnavailable = 1 }
    createIngressClassResource  = false
    ingressClassParams          = { create = false }
    enableBackendSecurityGroup  = false
    enableServiceMutatorWebhook = false
    enableShield                = false
    enableWaf                   = false
    enableWafv2                 = false
  }))]

  depends_on = [aws_eks_pod_identity_association.this]
}

resource "helm_release" "nodes" {
  name       = "karpenter"
  namespace  = "karpenter"
  repository = "oci://public.ecr.aws/karpenter"
  chart      = "karpenter"
  version    = var.chart_versions["karpenter"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    replicas          = 2
    priorityClassName = "platform-critical"
    serviceAccount    = { name = "karpenter" }
    settings = {
      clusterName       = var.name
      interruptionQueue = var.interruption_queue
      isolatedVPC       = true # prices have no private endpoint; the built-in ones are used
    }
    controller = {
      image     = { repository = "${var.registry}/ecr-public/karpenter/controller" }
      resources = { requests = { cpu = "500m", memory = "1Gi" }, limits = { memory = "1Gi" } }
      env       = [{ name = "AWS_REGION", value = var.region }]
    }
  }))]

  depends_on = [aws_iam_instance_profile.node, aws_iam_role_policy.disks]
}
