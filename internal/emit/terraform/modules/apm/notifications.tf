resource "newrelic_notification_destination" "mail" {
  for_each = { for k, t in var.teams : k => t if t.mail != null }

  name = "${var.name}: ${each.key}"
  type = "EMAIL"

  property {
    key   = "email"
    value = each.value.mail
  }
}

resource "newrelic_notification_channel" "mail" {
  for_each = newrelic_notification_destination.mail

  name           = each.value.name
  type           = "EMAIL"
  product        = "IINT"
  destination_id = each.value.id

  property {
    key   = "subject"
    value = "{{ issueTitle }}"
  }
}

resource "newrelic_workflow" "team" {
  for_each = newrelic_notification_channel.mail

  name                  = "${var.name}: ${each.key}"
  muting_rules_handling = "DONT_NOTIFY_FULLY_MUTED_ISSUES"

  issues_filter {
    name = "policy of the team"
    type = "FILTER"

    predicate {
      attribute = "labels.policyIds"
      operator  = "EXACTLY_MATCHES"
      values    = [newrelic_alert_policy.team[each.key].id]
    }
  }

  destination {
    channel_id            = each.value.id
    notification_triggers = ["ACTIVATED", "CLOSED"]
  }
}

# Environments that are stopped at night alert nobody then.
resource "newrelic_alert_muting_rule" "stopped" {
  for_each = var.stopped

  name                               = "${var.name}: ${each.key}"
  description                        = "Outside the hours of ${each.value.environment}"
  enabled                            = true
  action_on_muting_rule_window_ended = "CLOSE_ISSUES_ON_INACTIVE"

  condition {
    operator = "AND"

    conditions {
      attribute = "conditionName"
      operator  = "STARTS_WITH"
      values    = ["${each.value.environment}/"]
    }
  }

  schedule {
    start_time         = each.value.start
    end_time           = each.value.end
    time_zone          = each.value.zone
    repeat             = "WEEKLY"
    weekly_repeat_days = each.value.days
  }
}

# What must not be kept is masked before it is stored, a second time after the
# shippers and collectors did.
resource "newrelic_obfuscation_expression" "this" {
  for_each = var.redact

  name        = "${var.name}: ${each.key}"
  description = "Values that observe.redact names"
  regex       = each.value
}

resource "newrelic_obfuscation_rule" "this" {
  for_each = var.redact

  name        = "${var.name}: ${each.key}"
  description = "Masks ${each.key} in logs"
  filter      = "platform = '${var.name}'"
  enabled     = true

  action {
    attribute     = ["message"]
    expression_id = newrelic_obfuscation_expression.this[each.key].id
    method        = "MASK"
  }
}

# Health checks are most of the spans and say nothing.
resource "newrelic_pipeline_cloud_rule" "health" {
  name        = "${var.name}: health checks"
  description = "Spans of probes are dropped"
  nrql        = "DELETE FROM Span WHERE url.path LIKE '/healthz/%' AND paddock.platform = '${var.name}'"
}

resource "newrelic_cloud_aws_link_account" "this" {
  for_each = var.links

  name                   = "${var.name}-${each.key}"
  arn                    = each.value
  metric_collection_mode = "PULL"
}
