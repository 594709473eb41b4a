resource "pagerduty_service" "this" {
  for_each = var.services

  name                    = "${var.name}-${each.key}"
  description             = each.value.description
  escalation_policy       = pagerduty_escalation_policy.this[each.value.policy].id
  alert_creation          = "create_alerts_and_incidents"
  acknowledgement_timeout = 1800
  # Alertmanager says when it is over; whatever it forgets is closed in a day.
  auto_resolve_timeout = 86400

  incident_urgency_rule {
    type    = each.value.support == null ? "constant" : "use_support_hours"
    urgency = each.value.support == null ? "severity_based" : null

    dynamic "during_support_hours" {
      for_each = each.value.support == null ? [] : [1]

      content {
        type    = "constant"
        urgency = "severity_based"
      }
    }

    dynamic "outside_support_hours" {
      for_each = each.value.support == null ? [] : [1]

      content {
        type    = "constant"
        urgency = "low"
      }
    }
  }

  dynamic "support_hours" {
    for_each = each.value.support == null ? [] : [each.value.support]

    content {
      type         = "fixed_time_per_day"
      time_zone    = support_hours.value.zone
      start_time   = support_hours.value.from
      end_time     = support_hours.value.to
      days_of_week = support_hours.value.days
    }
  }

  dynamic "scheduled_actions" {
    for_each = each.value.support == null ? [] : [1]

    content {
      type       = "urgency_change"
      to_urgency = "high"

      at {
        type = "named_time"
        name = "support_hours_start"
      }
    }
  }
}

resource "pagerduty_alert_grouping_setting" "this" {
  for_each = var.services

  name     = "${var.name}-${each.key}"
  type     = "content_based"
  services = [pagerduty_service.this[each.key].id]

  config {
    aggregate   = "all"
    fields      = ["custom_details.env", "class"]
    time_window = 900
  }
}

resource "pagerduty_service_integration" "events" {
  for_each = var.services

  name    = "events"
  service = pagerduty_service.this[each.key].id
  type    = "events_api_v2_inbound_integration"
}

# Topics of AWS alarms are subscribed to the first; the monitoring service tells
# the second.
resource "pagerduty_service_integration" "vendor" {
  for_each = data.pagerduty_vendor.this

  name    = each.key
  service = pagerduty_service.this[var.fallback].id
  vendor  = each.value.id
}

moved {
  from = pagerduty_service_integration.cloudwatch
  to   = pagerduty_service_integration.vendor["cloudwatch"]
}

# What customers do, above what we run.
resource "pagerduty_business_service" "this" {
  for_each = var.journeys

  name             = "${var.name}: ${each.key}"
  description      = each.value.description
  point_of_contact = each.value.contact
  team             = pagerduty_team.this[each.value.team].id
}

resource "pagerduty_service_dependency" "journey" {
  for_each = var.journeys

  dependency {
    dependent_service {
      id   = pagerduty_business_service.this[each.key].id
      type = "business_service"
    }

    supporting_service {
      id   = pagerduty_service.this[each.value.service].id
      type = "service"
    }
  }
}

# The same edges as in the platform file, so that impact is seen upwards.
resource "pagerduty_service_dependency" "call" {
  for_each = var.dependencies

  dependency {
    dependent_service {
      id   = pagerduty_service.this[each.value.from].id
      type = "service"
    }

    supporting_service {
      id   = pagerduty_service.this[each.value.to].id
      type = "service"
    }
  }
}
