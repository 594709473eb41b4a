# What happens around an incident: who reads along, where it is talked about, and
# what is written down.

resource "pagerduty_incident_workflow" "first" {
  name        = "${var.name}: something that customers notice"
  description = "Tells those who asked to be told"
  is_enabled  = true

  step {
    name   = "Tell subscribers"
    action = "pagerduty.com:incident-workflows:send-status-update:1"

    input {
      name  = "Message"
      value = "We are looking into {{incident.title}}. The next word comes within thirty minutes."
    }
  }
}

resource "pagerduty_incident_workflow_trigger" "first" {
  type                       = "conditional"
  workflow                   = pagerduty_incident_workflow.first.id
  condition                  = "incident.priority matches 'P1'"
  subscribed_to_all_services = false
  services                   = [for k, s in pagerduty_service.this : s.id if contains(var.first_services, k)]
}

# A journey's team reads along whatever of it breaks.
resource "pagerduty_business_service_subscriber" "team" {
  for_each = var.journeys

  business_service_id = pagerduty_business_service.this[each.key].id
  subscriber_id       = pagerduty_team.this[each.value.team].id
  subscriber_type     = "team"
}

# Incidents of a team in its channel, where they can be answered too.
resource "pagerduty_slack_connection" "team" {
  for_each = { for team, channel in var.slack_channels : team => channel if var.slack_workspace != null && contains(keys(var.teams), team) }

  source_id         = pagerduty_team.this[each.key].id
  source_type       = "team_reference"
  workspace_id      = var.slack_workspace
  channel_id        = each.value
  notification_type = "responder"

  config {
    events = [
      "incident.triggered", "incident.acknowledged", "incident.escalated", "incident.resolved", "incident.reassigned", "incident.annotated",
      "incident.unacknowledged", "incident.delegated", "incident.priority_updated", "incident.responder.added", "incident.responder.replied",
      "incident.status_update_published", "incident.reopened",
    ]
  }
}

data "pagerduty_jira_cloud_account_mapping" "this" {
  for_each = var.jira == null ? {} : { account = var.jira }

  subdomain = each.value.subdomain
}

# An incident is work too: it becomes an issue whose state follows.
resource "pagerduty_jira_cloud_account_mapping_rule" "this" {
  for_each = var.jira == null ? {} : var.services

  name            = "${var.name}: ${each.key}"
  account_mapping = data.pagerduty_jira_cloud_account_mapping.this["account"].id

  config {
    service = pagerduty_service.this[each.key].id

    jira {
      create_issue_on_incident_trigger = !each.value.team_wide

      project {
        id   = var.jira.project_id
        key  = var.jira_project.key
        name = var.jira_project.name
      }

      issue_type {
        id   = var.jira.issue_type_id
        name = var.jira.issue_type_name
      }

      status_mapping {
        triggered {
          id   = var.jira.open_status_id
          name = var.jira.open_status_name
        }

        resolved {
          id   = var.jira.done_status_id
          name = var.jira.done_status_name
        }
      }
    }
  }
}

# Work that is announced calls nobody.
resource "pagerduty_maintenance_window" "this" {
  for_each = var.maintenance

  description = each.value.description
  start_time  = each.value.start
  end_time    = each.value.end
  services    = [for s in each.value.services : pagerduty_service.this[s].id]
}

resource "pagerduty_tag" "this" {
  label = var.name
}

resource "pagerduty_tag_assignment" "policy" {
  for_each = var.policies

  tag_id      = pagerduty_tag.this.id
  entity_type = "escalation_policies"
  entity_id   = pagerduty_escalation_policy.this[each.key].id
}

resource "pagerduty_tag_assignment" "team" {
  for_each = var.teams

  tag_id      = pagerduty_tag.this.id
  entity_type = "teams"
  entity_id   = pagerduty_team.this[each.key].id
}
