# Who is called for what. People come from the company's sign-in and are looked
# up by mail; a person who left makes the plan fail, and that is right: nobody
# may be on call who is not there.

data "pagerduty_user" "this" {
  for_each = var.people

  email = each.value
}

data "pagerduty_vendor" "this" {
  for_each = { cloudwatch = "Amazon CloudWatch", newrelic = "New Relic" }

  name = each.value
}

resource "pagerduty_team" "this" {
  for_each = var.teams

  name        = "${var.name}-${each.key}"
  description = each.value.description
}

resource "pagerduty_team_membership" "member" {
  for_each = merge([for t, team in var.teams : { for m in team.members : "${t} ${m}" => { team = t, person = m } }]...)

  team_id = pagerduty_team.this[each.value.team].id
  user_id = data.pagerduty_user.this[each.value.person].id
  role    = "responder"
}

resource "pagerduty_team_membership" "manager" {
  for_each = { for t, team in var.teams : t => team.manager if team.manager != null && !contains(team.members, coalesce(team.manager, " ")) }

  team_id = pagerduty_team.this[each.key].id
  user_id = data.pagerduty_user.this[each.value].id
  role    = "manager"
}

# One schedule for each layer. The second layer is the same rotation, moved by
# one turn: whoever is second now is first next.
resource "pagerduty_schedule" "this" {
  for_each = var.schedules

  name        = "${var.name}-${each.key}"
  description = each.value.description
  time_zone   = each.value.zone
  overflow    = true
  teams       = [pagerduty_team.this[each.value.team].id]

  layer {
    name                         = "rotation"
    start                        = each.value.start
    rotation_virtual_start       = each.value.start
    rotation_turn_length_seconds = each.value.turn_seconds
    users                        = [for u in each.value.users : data.pagerduty_user.this[u].id]

    dynamic "restriction" {
      for_each = each.value.hours

      content {
        type              = "weekly_restriction"
        start_day_of_week = restriction.value.day
        start_time_of_day = restriction.value.from
        duration_seconds  = restriction.value.seconds
      }
    }
  }
}

resource "pagerduty_escalation_policy" "this" {
  for_each = var.policies

  name        = "${var.name}-${each.key}"
  description = "Ends at a person: ${each.value.manager == null ? "the last layer" : "the manager"}"
  num_loops   = each.value.loops
  teams       = [pagerduty_team.this[each.key].id]

  dynamic "rule" {
    for_each = each.value.steps

    content {
      escalation_delay_in_minutes = rule.value.minutes

      target {
        type = "schedule_reference"
        id   = pagerduty_schedule.this[rule.value.schedule].id
      }
    }
  }

  dynamic "rule" {
    for_each = each.value.manager == null ? [] : [each.value.manager]

    content {
      escalation_delay_in_minutes = 30

      target {
        type = "user_reference"
        id   = data.pagerduty_user.this[rule.value].id
      }
    }
  }
}
