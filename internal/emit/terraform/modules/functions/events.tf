# Functions that are called when something happened, and what they say about it.

locals {
  events = merge([for f, v in var.functions : { for e, w in v.events : "${f}-${e}" => merge(w, { function = f }) }]...)
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.events

  name          = "${var.name}-${each.key}"
  description   = each.value.description
  event_pattern = each.value.pattern
}

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.events

  rule = aws_cloudwatch_event_rule.this[each.key].name
  arn  = aws_lambda_function.this[each.value.function].arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}

resource "aws_lambda_permission" "event" {
  for_each = local.events

  statement_id   = each.key
  function_name  = aws_lambda_function.this[each.value.function].function_name
  action         = "lambda:InvokeFunction"
  principal      = "events.amazonaws.com"
  source_arn     = aws_cloudwatch_event_rule.this[each.key].arn
  source_account = var.account_id
}

# A function that works well may still have found something bad: it says so in
# its log.
resource "aws_cloudwatch_log_metric_filter" "finding" {
  for_each = { for f, v in var.functions : f => v.finding if v.finding != null }

  name           = "${var.name}-${each.key}-finding"
  log_group_name = aws_cloudwatch_log_group.this[each.key].name
  pattern        = each.value.pattern

  metric_transformation {
    namespace     = "Paddock/Functions"
    name          = "${var.name}-${each.key}-finding"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "finding" {
  for_each = { for f, v in var.functions : f => v.finding if v.finding != null }

  alarm_name          = "${var.name}-${each.key}-finding"
  alarm_description   = each.value.description
  namespace           = "Paddock/Functions"
  metric_name         = "${var.name}-${each.key}-finding"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics

  depends_on = [aws_cloudwatch_log_metric_filter.finding]
}
