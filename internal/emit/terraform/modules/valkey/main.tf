# A cache that may be lost and filled again, and is encrypted all the same.

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = var.family

  parameter {
    name  = "cluster-enabled"
    value = "yes"
  }

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["slow-log", "engine-log"])

  name              = "/paddock/cache/${var.name}/${each.key}"
  retention_in_days = 30
  kms_key_id        = var.log_key_arn
}

resource "aws_elasticache_user" "default" {
  user_id       = "${var.user_prefix}-default"
  user_name     = "default"
  engine        = var.engine
  access_string = "off -@all"

  authentication_mode {
    type = "no-password-required"
  }
}

resource "aws_elasticache_user" "service" {
  for_each = var.users

  user_id       = each.value
  user_name     = each.value
  engine        = var.engine
  access_string = "on ~${each.key}:* +@all -@admin -@dangerous"

  authentication_mode {
    type = "iam"
  }
}

resource "aws_elasticache_user_group" "this" {
  user_group_id = "${var.user_prefix}-users"
  engine        = var.engine
  user_ids      = concat([aws_elasticache_user.default.user_id], [for u in aws_elasticache_user.service : u.user_id])
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = var.group_id
  description                = var.name
  engine                     = var.engine
  engine_version             = var.engine_version
  node_type                  = var.node_type
  num_node_groups            = var.shards
  replicas_per_node_group    = var.replicas
  automatic_failover_enabled = true
  multi_az_enabled           = var.replicas > 0
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [var.security_group_id]
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]
  port                       = 6379

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_arn

  snapshot_retention_limit   = 7
  snapshot_window            = "20:30-21:30"
  maintenance_window         = "sun:21:30-sun:22:30"
  auto_minor_version_upgrade = true

  dynamic "log_delivery_configuration" {
    for_each = aws_cloudwatch_log_group.this

    content {
      destination      = log_delivery_configuration.value.name
      destination_type = "cloudwatch-logs"
      log_format       = "json"
      log_type         = log_delivery_configuration.key
    }
  }

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_route53_record" "this" {
  zone_id = var.zone_id
  name    = var.host
  type    = "CNAME"
  ttl     = 60
  records = [aws_elasticache_replication_group.this.configuration_endpoint_address]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = {
    memory    = { metric = "DatabaseMemoryUsagePercentage", threshold = 85, text = "${var.name} is full to 85 %. Runbook: larger nodes, or a shorter life of what is kept." }
    evictions = { metric = "Evictions", threshold = 1000, text = "${var.name} throws things out that are still wanted. Runbook: as for memory." }
    lag       = { metric = "ReplicationLag", threshold = 10, text = "A copy of ${var.name} is behind. Runbook: look for a command that blocks." }
    cpu       = { metric = "EngineCPUUtilization", threshold = 85, text = "${var.name} computes all the time. Runbook: find the slow command in the slow log." }
  }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/ElastiCache"
  metric_name         = each.value.metric
  dimensions          = { ReplicationGroupId = var.group_id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
