# How the primary region is, and what follows from it. Where Route 53 has the
# public names, its records go to the region that serves, so that nobody has to
# be awake. Where a content network has them, that decides by its own tests, and
# what is here is the signal for people. Alarms about the names live in
# us-east-1, as Route 53 does.

# A region is well while no alarm says that it is not. One that does not answer
# at all has no data, and counts as lost.
resource "aws_cloudwatch_metric_alarm" "primary" {
  for_each = var.origins

  provider = aws.primary

  alarm_name          = "${var.name}-${each.key}-unhealthy"
  alarm_description   = "No healthy ${each.key} behind the public load balancer of the primary region: visitors go to the other one. Runbook: look at the service before the failover document is started; they come back by themselves."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = var.primary.suffix, TargetGroup = each.value.target_suffix }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.primary_topics
  ok_actions          = var.primary_topics
}

resource "aws_route53_health_check" "origin" {
  for_each = var.origins

  type                            = "CLOUDWATCH_METRIC"
  cloudwatch_alarm_name           = aws_cloudwatch_metric_alarm.primary[each.key].alarm_name
  cloudwatch_alarm_region         = var.primary.region
  insufficient_data_health_status = "Unhealthy"
  reference_name                  = substr(each.key, 0, 27)
  tags                            = { Name = "${var.name}-${each.key}" }
}

# All that must be well for the region to serve.
resource "aws_route53_health_check" "region" {
  type                   = "CALCULATED"
  child_healthchecks     = [for h in aws_route53_health_check.origin : h.id]
  child_health_threshold = length(var.origins)
  reference_name         = "region"
  tags                   = { Name = "${var.name}-region" }
}

# The path that asks every dependency, as the world sees it.
resource "aws_route53_health_check" "deep" {
  for_each = var.deep

  type              = "HTTPS_STR_MATCH"
  fqdn              = each.value.host
  port              = 443
  resource_path     = each.value.path
  search_string     = each.value.contains
  enable_sni        = true
  request_interval  = 30
  failure_threshold = 3
  measure_latency   = true
  regions           = ["ap-southeast-1", "eu-west-1", "us-east-1"]
  reference_name    = substr(each.key, 0, 27)
  tags              = { Name = "${var.name}-${each.key}-deep" }
}

resource "aws_route53_record" "primary" {
  for_each = toset(try(var.names.hosts, []))

  zone_id         = var.names.zone_id
  name            = each.key
  type            = "A"
  set_identifier  = "primary"
  health_check_id = aws_route53_health_check.region.id

  alias {
    name                   = var.names.primary.dns_name
    zone_id                = var.names.primary.zone_id
    evaluate_target_health = true
  }

  failover_routing_policy {
    type = "PRIMARY"
  }
}

resource "aws_route53_record" "recovery" {
  for_each = toset(try(var.names.hosts, []))

  zone_id        = var.names.zone_id
  name           = each.key
  type           = "A"
  set_identifier = "recovery"

  alias {
    name                   = var.names.recovery.dns_name
    zone_id                = var.names.recovery.zone_id
    evaluate_target_health = true
  }

  failover_routing_policy {
    type = "SECONDARY"
  }
}

resource "aws_kms_key" "alarms" {
  provider = aws.global

  description             = "${var.name}: alarms about names"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "PoliciesOfTheAccount", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "Alarms", Effect = "Allow", Principal = { Service = ["cloudwatch.amazonaws.com", "sns.amazonaws.com"] }, Action = ["kms:Decrypt", "kms:GenerateDataKey*"], Resource = "*", Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } } },
    ]
  })
}

resource "aws_sns_topic" "alarms" {
  provider = aws.global

  name              = "${var.name}-names"
  kms_master_key_id = aws_kms_key.alarms.arn
}

resource "aws_sns_topic_policy" "alarms" {
  provider = aws.global

  arn = aws_sns_topic.alarms.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AlarmsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  provider = aws.global
  for_each = toset(var.mail)

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_metric_alarm" "names" {
  provider = aws.global
  for_each = merge({ region = aws_route53_health_check.region.id }, { for k, h in aws_route53_health_check.deep : "${k}-deep" => h.id })

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "The check ${each.key} of the public names fails. Runbook: if the primary region is lost, start the failover document in the recovery region; if one path alone fails, it is the service's."
  namespace           = "AWS/Route53"
  metric_name         = "HealthCheckStatus"
  dimensions          = { HealthCheckId = each.value }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
