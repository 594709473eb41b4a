# A search domain: never public, roles instead of passwords, masters of its own.

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS", "AUDIT_LOGS"])

  name              = "/paddock/opensearch/${var.name}/${lower(each.key)}"
  retention_in_days = each.key == "AUDIT_LOGS" ? 365 : 90
  kms_key_id        = var.log_key_arn
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name = "opensearch-${var.name}"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "es.amazonaws.com" }
      Action    = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource  = [for g in aws_cloudwatch_log_group.this : "${g.arn}:*"]
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_opensearch_domain" "this" {
  domain_name     = var.domain_name
  engine_version  = "OpenSearch_${var.engine_version}"
  ip_address_type = "ipv4"

  cluster_config {
    instance_type                 = var.instance_type
    instance_count                = var.nodes
    dedicated_master_enabled      = var.masters > 0
    dedicated_master_count        = var.masters > 0 ? var.masters : null
    dedicated_master_type         = var.masters > 0 ? var.master_type : null
    zone_awareness_enabled        = length(var.subnet_ids) > 1
    multi_az_with_standby_enabled = var.standby

    dynamic "zone_awareness_config" {
      for_each = length(var.subnet_ids) > 1 ? [length(var.subnet_ids)] : []

      content {
        availability_zone_count = zone_awareness_config.value
      }
    }
  }

  vpc_options {
    subnet_ids         = var.subnet_ids
    security_group_ids = [var.security_group_id]
  }

  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = var.disk_gib
    iops        = 3000
    throughput  = 125
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = var.kms_key_arn
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https                   = true
    tls_security_policy             = "Policy-Min-TLS-1-2-PFS-2023-10"
    custom_endpoint_enabled         = var.custom_endpoint != null
    custom_endpoint                 = try(var.custom_endpoint.name, null)
    custom_endpoint_certificate_arn = try(var.custom_endpoint.certificate_arn, null)
  }

  advanced_security_options {
    enabled                        = true
    anonymous_auth_enabled         = false
    internal_user_database_enabled = false

    master_user_options {
      master_user_arn = aws_iam_role.master.arn
    }
  }

  # A writer whose role names one index must not reach another through a bulk
  # request.
  advanced_options = {
    "rest.action.multi.allow_explicit_index" = tostring(var.explicit_index)
  }

  dynamic "log_publishing_options" {
    for_each = aws_cloudwatch_log_group.this

    content {
      log_type                 = log_publishing_options.key
      cloudwatch_log_group_arn = log_publishing_options.value.arn
      enabled                  = true
    }
  }

  auto_tune_options {
    desired_state       = "ENABLED"
    rollback_on_disable = "NO_ROLLBACK"
  }

  off_peak_window_options {
    enabled = true

    off_peak_window {
      window_start_time {
        hours   = 20
        minutes = 30
      }
    }
  }

  software_update_options {
    auto_software_update_enabled = true
  }

  tags = merge(var.tags, { Name = var.name })

  depends_on = [aws_cloudwatch_log_resource_policy.this]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_opensearch_domain_policy" "this" {
  domain_name = aws_opensearch_domain.this.domain_name

  access_policies = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = concat([aws_iam_role.master.arn], var.reader_role_arns, var.writer_role_arns) }
      Action    = ["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"]
      Resource  = "${aws_opensearch_domain.this.arn}/*"
    }]
  })
}

resource "aws_iam_role" "master" {
  name                 = var.master_role_name
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_route53_record" "this" {
  for_each = var.host == null ? {} : { (var.host) = var.zone_id }

  zone_id = each.value
  name    = each.key
  type    = "CNAME"
  ttl     = 60
  records = [aws_opensearch_domain.this.endpoint]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = {
    red          = { metric = "ClusterStatus.red", statistic = "Maximum", threshold = 1, comparison = "GreaterThanOrEqualToThreshold", text = "Data is missing from ${var.name}. Runbook: find the unassigned shards, restore from the last snapshot when they do not come back." }
    yellow       = { metric = "ClusterStatus.yellow", statistic = "Maximum", threshold = 1, comparison = "GreaterThanOrEqualToThreshold", text = "Copies are missing from ${var.name}. Runbook: wait for a node, add one if none is coming." }
    space        = { metric = "FreeStorageSpace", statistic = "Minimum", threshold = var.disk_gib * 1024 * 0.2, comparison = "LessThanOrEqualToThreshold", text = "${var.name} has less than a fifth of its disk left. Runbook: grow disk in the platform file, or keep less." }
    blocked      = { metric = "ClusterIndexWritesBlocked", statistic = "Maximum", threshold = 1, comparison = "GreaterThanOrEqualToThreshold", text = "${var.name} refuses to write. Runbook: disk or memory ran out; see the alarms beside this one." }
    memory       = { metric = "JVMMemoryPressure", statistic = "Maximum", threshold = 92, comparison = "GreaterThanOrEqualToThreshold", text = "${var.name} has no memory left. Runbook: larger nodes, or fewer shards." }
    key          = { metric = "KMSKeyError", statistic = "Maximum", threshold = 1, comparison = "GreaterThanOrEqualToThreshold", text = "${var.name} cannot use its key. Runbook: enable the key at once; the data is unreadable without it." }
    snapshot     = { metric = "AutomatedSnapshotFailure", statistic = "Maximum", threshold = 1, comparison = "GreaterThanOrEqualToThreshold", text = "${var.name} was not copied. Runbook: usually red status; heal that first." }
    master_alive = { metric = "MasterReachableFromNode", statistic = "Minimum", threshold = 1, comparison = "LessThanThreshold", text = "${var.name} has no master. Runbook: wait two minutes, then call AWS." }
  }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/ES"
  metric_name         = each.value.metric
  dimensions          = { DomainName = var.domain_name, ClientId = var.account_id }
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 3
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
