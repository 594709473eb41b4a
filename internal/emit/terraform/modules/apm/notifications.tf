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

# What customers notice wakes somebody, by whom Prometheus would have it done:
# PagerDuty knows the team's rotation.
resource "newrelic_notification_destination" "page" {
  for_each = var.page ? { pagerduty = true } : {}

  name = "${var.name}: PagerDuty"
  type = "PAGERDUTY_SERVICE_INTEGRATION"

  property {
    key   = ""
    value = ""
  }

  auth_token {
    prefix = "Token token="
    token  = var.pagerduty_key
  }
}

resource "newrelic_notification_channel" "page" {
  for_each = newrelic_notification_destination.page

  name           = each.value.name
  type           = "PAGERDUTY_SERVICE_INTEGRATION"
  product        = "IINT"
  destination_id = each.value.id

  property {
    key   = "summary"
    value = "{{ annotations.title.[0] }}"
  }

  property {
    key   = "customDetails"
    value = jsonencode({ condition = "{{ accumulations.conditionName.[0] }}", policy = "{{ accumulations.policyName.[0] }}", runbook = "{{ accumulations.runbookUrl.[0] }}", issue = "{{ issuePageUrl }}" })
  }
}

resource "newrelic_workflow" "page" {
  for_each = newrelic_notification_channel.page

  name                  = "${var.name}: critical in production"
  muting_rules_handling = "DONT_NOTIFY_FULLY_OR_PARTIALLY_MUTED_ISSUES"

  issues_filter {
    name = "critical in production"
    type = "FILTER"

    predicate {
      attribute = "labels.policyIds"
      operator  = "EXACTLY_MATCHES"
      values    = [for p in newrelic_alert_policy.team : p.id]
    }

    predicate {
      attribute = "priority"
      operator  = "EQUAL"
      values    = ["CRITICAL"]
    }

    predicate {
      attribute = "accumulations.conditionName"
      operator  = "STARTS_WITH"
      values    = [for e in var.production : "${e}/"]
    }
  }

  destination {
    channel_id            = each.value.id
    notification_triggers = ["ACTIVATED", "ACKNOWLEDGED", "CLOSED"]
  }
}

# Slack was let in by a person, once: that destination cannot be made here.
resource "newrelic_notification_channel" "slack" {
  for_each = { for team, channel in var.slack_channels : team => channel if var.slack_destination != null && contains(keys(var.teams), team) }

  name           = "${var.name}: ${each.key} in Slack"
  type           = "SLACK"
  product        = "IINT"
  destination_id = var.slack_destination

  property {
    key   = "channelId"
    value = each.value
  }
}

resource "newrelic_workflow" "slack" {
  for_each = newrelic_notification_channel.slack

  name                  = each.value.name
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
