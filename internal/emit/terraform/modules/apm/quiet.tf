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

# Work that is announced alerts nobody either.
resource "newrelic_alert_muting_rule" "maintenance" {
  for_each = var.maintenance

  name                               = "${var.name}: ${each.key}"
  description                        = each.value.description
  enabled                            = true
  action_on_muting_rule_window_ended = "CLOSE_ISSUES_ON_INACTIVE"

  condition {
    operator = "OR"

    dynamic "conditions" {
      for_each = each.value.services

      content {
        attribute = "conditionName"
        operator  = "CONTAINS"
        values    = ["/${conditions.value}:"]
      }
    }
  }

  schedule {
    start_time = trimsuffix(each.value.start, "Z")
    end_time   = trimsuffix(each.value.end, "Z")
    time_zone  = "Etc/UTC"
  }
}
