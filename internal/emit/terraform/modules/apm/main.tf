# What New Relic watches: traces and figures that the collectors send. It asks
# the same questions as Prometheus by another way, so that one of the two is
# there when the other is not.

data "newrelic_account" "this" {
  scope = "global"
}

resource "newrelic_alert_policy" "team" {
  for_each = var.teams

  name                = "${var.name}: ${each.key}"
  incident_preference = "PER_CONDITION_AND_TARGET"
}

locals {
  account = data.newrelic_account.this.account_id
  spans   = { for k, s in var.services : k => "service.name = '${s.service}' AND deployment.environment.name = '${s.environment}' AND span.kind = 'server'" }
}

resource "newrelic_nrql_alert_condition" "errors" {
  for_each = var.services

  policy_id                      = newrelic_alert_policy.team[each.value.team].id
  type                           = "static"
  name                           = "${each.key}: errors"
  description                    = "Requests to ${each.value.service} in ${each.value.environment} fail. Runbook: ${var.runbooks}ServiceFailing.md"
  runbook_url                    = "${var.runbooks}ServiceFailing.md"
  enabled                        = true
  aggregation_window             = 60
  aggregation_method             = "event_flow"
  aggregation_delay              = 120
  fill_option                    = "none"
  violation_time_limit_seconds   = 86400
  expiration_duration            = 1800
  open_violation_on_expiration   = false
  close_violations_on_expiration = true

  nrql {
    query = "SELECT percentage(count(*), WHERE otel.status_code = 'ERROR') FROM Span WHERE ${local.spans[each.key]}"
  }

  critical {
    operator              = "above"
    threshold             = each.value.critical_errors
    threshold_duration    = 300
    threshold_occurrences = "all"
  }

  warning {
    operator              = "above"
    threshold             = each.value.warning_errors
    threshold_duration    = 600
    threshold_occurrences = "all"
  }
}

resource "newrelic_nrql_alert_condition" "latency" {
  for_each = { for k, s in var.services : k => s if s.latency_seconds != null }

  policy_id                      = newrelic_alert_policy.team[each.value.team].id
  type                           = "static"
  name                           = "${each.key}: latency"
  description                    = "Answers of ${each.value.service} in ${each.value.environment} are late. Runbook: ${var.runbooks}ServiceSlow.md"
  runbook_url                    = "${var.runbooks}ServiceSlow.md"
  enabled                        = true
  aggregation_window             = 60
  aggregation_method             = "event_flow"
  aggregation_delay              = 120
  fill_option                    = "none"
  violation_time_limit_seconds   = 86400
  expiration_duration            = 1800
  open_violation_on_expiration   = false
  close_violations_on_expiration = true

  nrql {
    query = "SELECT percentile(duration, ${each.value.percentile}) FROM Span WHERE ${local.spans[each.key]}"
  }

  critical {
    operator              = "above"
    threshold             = each.value.latency_seconds * 2
    threshold_duration    = 600
    threshold_occurrences = "all"
  }

  warning {
    operator              = "above"
    threshold             = each.value.latency_seconds
    threshold_duration    = 900
    threshold_occurrences = "all"
  }
}

# Traffic far below what is usual at this hour of the week.
resource "newrelic_nrql_alert_condition" "traffic" {
  for_each = { for k, s in var.services : k => s if s.tier == 1 }

  policy_id                      = newrelic_alert_policy.team[each.value.team].id
  type                           = "baseline"
  name                           = "${each.key}: traffic"
  description                    = "Far fewer requests to ${each.value.service} in ${each.value.environment} than at this hour in other weeks. Runbook: ${var.runbooks}ServiceSilent.md"
  runbook_url                    = "${var.runbooks}ServiceSilent.md"
  enabled                        = true
  baseline_direction             = "lower_only"
  signal_seasonality             = "weekly"
  aggregation_window             = 300
  aggregation_method             = "event_flow"
  aggregation_delay              = 120
  violation_time_limit_seconds   = 86400
  expiration_duration            = 3600
  open_violation_on_expiration   = true
  close_violations_on_expiration = true

  nrql {
    query = "SELECT rate(count(*), 1 minute) FROM Span WHERE ${local.spans[each.key]}"
  }

  critical {
    operator              = "above"
    threshold             = 4
    threshold_duration    = 900
    threshold_occurrences = "all"
  }
}

# A service is known there from its first span on. One that was never started is
# taken up by the first apply after it was.
data "newrelic_entity" "service" {
  for_each = var.services

  name             = each.value.service
  domain           = "EXT"
  type             = "SERVICE"
  ignore_not_found = true

  tag {
    key   = "deployment.environment.name"
    value = each.value.environment
  }
}

locals {
  known = { for k, s in var.services : k => s if data.newrelic_entity.service[k].guid != null }
}

resource "newrelic_entity_tags" "service" {
  for_each = local.known

  guid = data.newrelic_entity.service[each.key].guid

  dynamic "tag" {
    for_each = { team = each.value.team, tier = tostring(each.value.tier), platform = var.name, env = each.value.environment }

    content {
      key    = tag.key
      values = [tag.value]
    }
  }
}

resource "newrelic_service_level" "availability" {
  for_each = { for k, s in local.known : k => s if s.availability != null }

  guid        = data.newrelic_entity.service[each.key].guid
  name        = "${each.key}: availability"
  description = "Requests that do not fail"

  events {
    account_id = local.account

    valid_events {
      from  = "Span"
      where = local.spans[each.key]
    }

    bad_events {
      from  = "Span"
      where = "${local.spans[each.key]} AND otel.status_code = 'ERROR'"
    }
  }

  objective {
    target = each.value.availability

    time_window {
      rolling {
        count = 28
        unit  = "DAY"
      }
    }
  }
}

resource "newrelic_service_level" "latency" {
  for_each = { for k, s in local.known : k => s if s.latency_seconds != null }

  guid        = data.newrelic_entity.service[each.key].guid
  name        = "${each.key}: latency"
  description = "Requests that are answered within ${each.value.latency_seconds} s"

  events {
    account_id = local.account

    valid_events {
      from  = "Span"
      where = local.spans[each.key]
    }

    good_events {
      from  = "Span"
      where = "${local.spans[each.key]} AND duration <= ${each.value.latency_seconds}"
    }
  }

  objective {
    target = each.value.percentile

    time_window {
      rolling {
        count = 28
        unit  = "DAY"
      }
    }
  }
}

resource "newrelic_workload" "environment" {
  for_each = toset([for s in var.services : s.environment])

  name        = "${var.name}: ${each.key}"
  description = "Everything of ${each.key}"

  entity_search_query {
    query = "tags.platform = '${var.name}' AND tags.env = '${each.key}'"
  }

  status_config_automatic {
    enabled = true

    remaining_entities_rule {
      remaining_entities_rule_rollup {
        strategy        = "WORST_STATUS_WINS"
        threshold_type  = "PERCENTAGE"
        threshold_value = 30
        group_by        = "ENTITY_TYPE"
      }
    }
  }
}
