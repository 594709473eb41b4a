# The alarms of an account and region that belong to no single thing: what AWS
# counts for all of a kind at once, what happened, and what several alarms mean
# together. Alarms of one store or load balancer stand in its own module.

# An alarm over a query sees every gateway, volume and function that there is and
# that there will be; nobody has to remember to add one.
resource "aws_cloudwatch_metric_alarm" "query" {
  for_each = var.queries

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = each.value.missing
  alarm_actions       = [each.value.topic]
  ok_actions          = [each.value.topic]

  metric_query {
    id          = "q"
    expression  = each.value.query
    label       = each.key
    period      = each.value.period
    return_data = true
  }
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  for_each = var.metrics

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = each.value.missing
  alarm_actions       = [each.value.topic]
  ok_actions          = [each.value.topic]
}

# Four fifths of a quota: raising one takes AWS days.
resource "aws_cloudwatch_metric_alarm" "quota" {
  for_each = var.quotas

  alarm_name          = "${var.name}-quota-${each.key}"
  alarm_description   = "${each.key}: four fifths of the quota are used. Runbook: raise it under cloud.quotas of the platform file and apply 10-security; AWS takes up to two days."
  evaluation_periods  = 1
  threshold           = 80
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.quota_topic]
  ok_actions          = [var.quota_topic]

  metric_query {
    id          = "share"
    expression  = "(used / SERVICE_QUOTA(used)) * 100"
    label       = "share of the quota in percent"
    return_data = true
  }

  metric_query {
    id          = "used"
    return_data = false

    metric {
      namespace   = "AWS/Usage"
      metric_name = each.value.metric
      dimensions  = each.value.dimensions
      period      = 300
      stat        = "Maximum"
    }
  }
}

# What several alarms mean together: the way of a customer's request is broken.
resource "aws_cloudwatch_composite_alarm" "path" {
  for_each = var.paths

  alarm_name        = "${var.name}-path-${each.key}"
  alarm_description = each.value.description
  alarm_rule        = join(" OR ", [for a in each.value.alarms : "ALARM(\"${a}\")"])
  alarm_actions     = [each.value.topic]
  ok_actions        = [each.value.topic]
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = var.events

  name          = "${var.name}-${each.key}"
  description   = each.value.description
  event_pattern = each.value.pattern
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = var.events

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = "people"
  arn       = each.value.topic

  input_transformer {
    input_paths    = { account = "$.account", region = "$.region", detail = "$.detail-type", resources = "$.resources" }
    input_template = "\"${each.value.description} <detail> in <account>, <region>: <resources>\""
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 60
  }
}

# Who does the most of something, from log groups that are there anyway.
resource "aws_cloudwatch_contributor_insight_rule" "this" {
  for_each = var.contributors

  rule_name  = "${var.name}-${each.key}"
  rule_state = "ENABLED"

  rule_definition = jsonencode({
    Schema        = { Name = "CloudWatchLogRule", Version = 1 }
    LogGroupNames = each.value.log_groups
    LogFormat     = "JSON"
    AggregateOn   = "Count"
    Contribution = {
      Keys    = each.value.keys
      Filters = each.value.filters
    }
  })
}
