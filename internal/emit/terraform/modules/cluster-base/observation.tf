# What watches. Figures stay in the cluster as long as the platform file says;
# logs go to the domain of the tier; traces leave by the gateway alone.

resource "helm_release" "metrics" {
  name       = "kube-prometheus-stack"
  namespace  = "monitoring"
  repository = "https://prometheus-community.github.io/helm-charts"
  chart      = "kube-prometheus-stack"
  version    = var.chart_versions["kube-prometheus-stack"]
  atomic     = true
  timeout    = 900

  values = [yamlencode({
    fullnameOverride      = "prometheus"
    defaultRules          = { create = false }  # ours know teams; two of a kind would wake people twice
    grafana               = { enabled = false } # one for each tier, outside
    kubeControllerManager = { enabled = false } # EKS shows the figures of neither
    kubeEtcd              = { enabled = false }
    kubeScheduler         = { enabled = false }
    kubeProxy             = { enabled = false }

    prometheusOperator = merge(local.on_system_nodes, {
      image                    = { registry = "${var.registry}/quay" }
      prometheusConfigReloader = { image = { registry = "${var.registry}/quay" } }
      admissionWebhooks        = { certManager = { enabled = true }, patch = { enabled = false } }
    })

    prometheus = {
      serviceAccount      = { name = local.permissions.metrics.account }
      podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
      prometheusSpec = {
        image                                   = { registry = "${var.registry}/quay" }
        replicas                                = 2
        podAntiAffinity                         = "hard"
        podAntiAffinityTopologyKey              = "topology.kubernetes.io/zone"
        priorityClassName                       = "platform-critical"
        retention                               = "${var.metrics_days}d"
        retentionSize                           = "${floor(var.metrics_gib * 0.85)}GiB"
        externalLabels                          = var.labels
        serviceMonitorSelectorNilUsesHelmValues = false
        podMonitorSelectorNilUsesHelmValues     = false
        ruleSelectorNilUsesHelmValues           = false
        scrapeConfigSelectorNilUsesHelmValues   = false
        # A service that shows a series for each customer must not take the memory
        # of all others.
        enforcedSampleLimit = 50000
        enforcedLabelLimit  = 40
        resources           = { requests = { cpu = "500m", memory = "2Gi" }, limits = { memory = "4Gi" } }
        storageSpec = { volumeClaimTemplate = { spec = {
          storageClassName = "gp3"
          accessModes      = ["ReadWriteOnce"]
          resources        = { requests = { storage = "${var.metrics_gib}Gi" } }
        } } }
      }
    }

    alertmanager = {
      serviceAccount      = { name = local.permissions.alerts.account }
      podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
      alertmanagerSpec = {
        image             = { registry = "${var.registry}/quay" }
        replicas          = 2
        podAntiAffinity   = "hard"
        priorityClassName = "platform-critical"
        # Whom it tells is an object of the folder platform, as are the keys with
        # which it tells them: the pods wait for them.
        useExistingSecret = true
        configSecret      = "alertmanager"
        secrets           = [for s in ["alerts"] : s if var.alert_secrets]
        storage = { volumeClaimTemplate = { spec = {
          storageClassName = "gp3"
          accessModes      = ["ReadWriteOnce"]
          resources        = { requests = { storage = "5Gi" } }
        } } }
      }
    }

    "kube-state-metrics" = merge(local.on_system_nodes, { image = { registry = "${var.registry}/kubernetes" } })
    "prometheus-node-exporter" = {
      namespaceOverride = "monitoring-agents"
      image             = { registry = "${var.registry}/quay" }
      priorityClassName = "platform-critical"
      prometheus        = { monitor = { relabelings = [{ sourceLabels = ["__meta_kubernetes_pod_node_name"], targetLabel = "node" }] } } # rules speak of nodes
    }
  })]

  depends_on = [helm_release.certificates, aws_eks_pod_identity_association.this]
}

# The heartbeat: Alertmanager publishes here every minute, for as long as the way
# from Prometheus to people works. CloudWatch, which runs elsewhere, calls when
# nothing comes.
resource "aws_sns_topic" "heartbeat" {
  name              = var.heartbeat_topic
  kms_master_key_id = var.alarm_key_arn
}

resource "aws_sns_topic_policy" "heartbeat" {
  arn = aws_sns_topic.heartbeat.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyEncryptedConnections"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.heartbeat.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "heartbeat" {
  count = var.expects_heartbeat ? 1 : 0

  alarm_name          = var.heartbeat_topic
  alarm_description   = "Alerts of ${var.name} reach nobody. Runbook: observability/runbooks/Watchdog.md; look at dashboards by hand until it is back."
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfMessagesPublished"
  dimensions          = { TopicName = aws_sns_topic.heartbeat.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching" # silence is what it is for
  alarm_actions       = [var.alarm_topic_arn]
  ok_actions          = [var.alarm_topic_arn]
}

# Figures of services for the autoscaler; every replica shows its own.
resource "helm_release" "scaling" {
  name       = "prometheus-adapter"
  namespace  = "monitoring"
  repository = "https://prometheus-community.github.io/helm-charts"
  chart      = "prometheus-adapter"
  version    = var.chart_versions["prometheus-adapter"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(local.on_system_nodes, {
    replicas            = 2
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
    priorityClassName   = "platform-critical"
    image               = { repository = "${var.registry}/kubernetes/prometheus-adapter/prometheus-adapter" }
    prometheus          = { url = "http://prometheus-prometheus.monitoring.svc", port = 9090 }
    certManager         = { enabled = true }
    rules = {
      default = false
      custom = concat(
        [{
          seriesQuery  = "http_server_request_duration_seconds_count{namespace!=\"\",pod!=\"\"}"
          resources    = { overrides = { namespace = { resource = "namespace" }, pod = { resource = "pod" } } }
          name         = { as = "http_requests_per_second" }
          metricsQuery = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[2m])) by (<<.GroupBy>>)"
        }],
        [for figure in ["consumer_lag_messages", "open_connections", "queue_messages"] : {
          seriesQuery  = "${figure}{namespace!=\"\",pod!=\"\"}"
          resources    = { overrides = { namespace = { resource = "namespace" }, pod = { resource = "pod" } } }
          name         = { as = figure }
          metricsQuery = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
        }],
      )
    }
  }))]

  depends_on = [helm_release.metrics]
}

# Logs of a cluster without a log domain: people search them here. The archive
# has them as well.
resource "aws_cloudwatch_log_group" "applications" {
  count = var.log_group == null ? 0 : 1

  name              = var.log_group
  retention_in_days = var.log_days
  kms_key_id        = var.log_key_arn
}

# Its configuration is an object of the folder base: what is masked there was
# never stored.
resource "helm_release" "logs" {
  name       = "fluent-bit"
  namespace  = "logging"
  repository = "https://fluent.github.io/helm-charts"
  chart      = "fluent-bit"
  version    = var.chart_versions["fluent-bit"]
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    testFramework     = { enabled = false }
    existingConfigMap = "fluent-bit"
    image             = { repository = "${var.registry}/ecr-public/aws-observability/aws-for-fluent-bit", tag = var.chart_versions["aws-for-fluent-bit-image"] }
    command           = ["/fluent-bit/bin/fluent-bit"]
    args              = ["--workdir=/fluent-bit/etc", "--config=/fluent-bit/etc/conf/fluent-bit.yaml"]
    serviceAccount    = { create = true, name = local.permissions.logs.account }
    rbac              = { create = true, nodeAccess = true }
    priorityClassName = "platform-critical"
    tolerations       = [{ operator = "Exists" }] # also where nothing else may run
    resources         = { requests = { cpu = "100m", memory = "128Mi" }, limits = { memory = "512Mi" } }
    securityContext   = { allowPrivilegeEscalation = false, readOnlyRootFilesystem = true, runAsUser = 0, capabilities = { drop = ["ALL"], add = ["DAC_READ_SEARCH"] } }
    volumeMounts      = [{ name = "config", mountPath = "/fluent-bit/etc/conf", readOnly = true }]
    daemonSetVolumes = concat(
      [
        { name = "varlog", hostPath = { path = "/var/log" } },
        { name = "state", hostPath = { path = "/var/lib/fluent-bit", type = "DirectoryOrCreate" } },
      ],
      [for name in ["log-authority"] : { name = name, configMap = { name = name } } if length(var.log_authority) > 0],
    )
    daemonSetVolumeMounts = concat(
      [
        { name = "varlog", mountPath = "/var/log", readOnly = true },
        { name = "state", mountPath = "/var/lib/fluent-bit" },
      ],
      [for name in ["log-authority"] : { name = name, mountPath = "/etc/paddock", readOnly = true } if length(var.log_authority) > 0],
    )
    env = [
      { name = "AWS_REGION", value = var.region },
      { name = "NODE_NAME", valueFrom = { fieldRef = { fieldPath = "spec.nodeName" } } },
      { name = "HOST_IP", valueFrom = { fieldRef = { fieldPath = "status.hostIP" } } },
    ]
  })]

  depends_on = [aws_eks_pod_identity_association.this, helm_release.authority]
}

locals {
  # Agents take what pods of their node send; gateways see whole traces, decide
  # which are kept, and alone leave the cluster.
  collectors = {
    agent   = { mode = "daemonset", service = { enabled = true, internalTrafficPolicy = "Local" }, tolerations = [{ operator = "Exists" }] }
    gateway = { mode = "deployment", replicaCount = 2, podDisruptionBudget = { enabled = true, maxUnavailable = 1 }, service = { enabled = true } }
  }
}

resource "helm_release" "traces" {
  for_each = local.collectors

  name       = "otel-${each.key}"
  namespace  = "monitoring"
  repository = "https://open-telemetry.github.io/opentelemetry-helm-charts"
  chart      = "opentelemetry-collector"
  version    = var.chart_versions["opentelemetry-collector"]
  atomic     = true
  timeout    = 600

  values = [yamlencode(merge(each.value, {
    nameOverride       = "otel-${each.key}"
    fullnameOverride   = "otel-${each.key}"
    image              = { repository = "${var.registry}/github/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib" }
    command            = { name = "otelcol-contrib" }
    configMap          = { create = false, existingName = "otel-${each.key}" }
    priorityClassName  = "platform-critical"
    podSecurityContext = local.pod_security
    securityContext    = local.container_security
    clusterRole = {
      create = each.key == "agent"
      rules  = [{ apiGroups = [""], resources = ["namespaces", "nodes", "pods"], verbs = ["get", "list", "watch"] }, { apiGroups = ["apps"], resources = ["replicasets"], verbs = ["get", "list", "watch"] }]
    }
    resources = { requests = { cpu = "200m", memory = "256Mi" }, limits = { memory = "1Gi" } }
    # Prometheus asks ports that a pod says it has.
    ports = { for name in ["jaeger-compact", "jaeger-grpc", "jaeger-thrift", "metrics", "zipkin"] : name => { enabled = name == "metrics" } }
    extraEnvs = concat(
      [{ name = "K8S_NODE_NAME", valueFrom = { fieldRef = { fieldPath = "spec.nodeName" } } }],
      [for key in ["APM_LICENSE_KEY"] : { name = key, valueFrom = { secretKeyRef = { name = "apm", key = key } } } if each.key == "gateway" && var.apm],
    )
    extraVolumes      = [{ name = "tls", secret = { secretName = "otel-${each.key}-tls", defaultMode = 288 } }]
    extraVolumeMounts = [{ name = "tls", mountPath = "/etc/paddock", readOnly = true }]
    livenessProbe     = { httpGet = { port = 13133, path = "/" } }
    readinessProbe    = { httpGet = { port = 13133, path = "/" } }
  }))]

  # Its certificate and key are objects of the folder platform, applied after this
  # root: the pods wait for them.
  wait = false

  depends_on = [helm_release.secrets, helm_release.authority]
}
