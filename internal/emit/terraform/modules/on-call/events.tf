# One key for all Alertmanagers; what an event is about decides how much it
# matters and where it goes. Events that are one thing have one key from there
# already, so that three Alertmanagers do not call three times.
resource "pagerduty_event_orchestration" "this" {
  name        = var.name
  description = "Events of all environments"
}

data "pagerduty_priority" "first" {
  name = "P1"
}

resource "pagerduty_incident_custom_field" "this" {
  for_each = {
    environment = { title = "Environment", type = "string" }
    runbook     = { title = "Runbook", type = "url" }
  }

  name         = each.key
  display_name = each.value.title
  data_type    = each.value.type
  field_type   = "single_value"
  description  = "Said by the alert"
}

locals {
  fields      = { environment = "{{event.custom_details.env}}", runbook = "{{event.custom_details.runbook}}" }
  environment = join(" or ", [for e in var.quiet_environments : "event.custom_details.env matches '${e}'"])
  important   = join(" or ", [for s in var.first_services : "event.custom_details.service matches '${s}'"])
}

resource "pagerduty_event_orchestration_global" "this" {
  event_orchestration = pagerduty_event_orchestration.this.id

  set {
    id = "start"

    # Nobody is woken for an environment that no customer sees.
    dynamic "rule" {
      for_each = local.environment == "" ? [] : [local.environment]

      content {
        label = "before production"

        condition {
          expression = rule.value
        }

        actions {
          severity = "warning"
          suspend  = 300
          route_to = "facts"
        }
      }
    }

    # What heals by itself within five minutes was nothing.
    rule {
      label = "warnings wait"

      condition {
        expression = "event.severity matches 'warning'"
      }

      actions {
        suspend  = 300
        route_to = "facts"
      }
    }

    dynamic "rule" {
      for_each = local.important == "" ? [] : [local.important]

      content {
        label = "what customers notice at once"

        condition {
          expression = "event.severity matches 'critical' and (${rule.value})"
        }

        actions {
          priority = data.pagerduty_priority.first.id
          route_to = "facts"
        }
      }
    }

    rule {
      label = "all else"

      actions {
        route_to = "facts"
      }
    }
  }

  set {
    id = "facts"

    rule {
      label = "what the alert says"

      actions {
        dynamic "incident_custom_field_update" {
          for_each = local.fields

          content {
            id    = pagerduty_incident_custom_field.this[incident_custom_field_update.key].id
            value = incident_custom_field_update.value
          }
        }
      }
    }
  }

  catch_all {
    actions {}
  }
}

resource "pagerduty_event_orchestration_router" "this" {
  event_orchestration = pagerduty_event_orchestration.this.id

  set {
    id = "start"

    dynamic "rule" {
      for_each = { for k, s in var.services : k => s if !s.team_wide }

      content {
        label = rule.key

        condition {
          expression = "event.custom_details.service matches '${rule.key}'"
        }

        actions {
          route_to = pagerduty_service.this[rule.key].id
        }
      }
    }

    dynamic "rule" {
      for_each = { for k, s in var.services : k => s if s.team_wide }

      content {
        label = rule.key

        condition {
          expression = "event.custom_details.team matches '${rule.value.policy}'"
        }

        actions {
          route_to = pagerduty_service.this[rule.key].id
        }
      }
    }
  }

  catch_all {
    actions {
      route_to = pagerduty_service.this[var.fallback].id
    }
  }
}
