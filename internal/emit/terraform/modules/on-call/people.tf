# How somebody is reached at night: a message at once, a call when it is not
# answered. It is in the platform file or it is the person's own affair: whoever
# has no number there keeps the rules that they have.

resource "pagerduty_user_contact_method" "sms" {
  for_each = var.phones

  user_id      = data.pagerduty_user.this[each.key].id
  type         = "sms_contact_method"
  label        = "On call, by message"
  country_code = each.value.country_code
  address      = each.value.number
}

resource "pagerduty_user_contact_method" "call" {
  for_each = var.phones

  user_id      = data.pagerduty_user.this[each.key].id
  type         = "phone_contact_method"
  label        = "On call, by voice"
  country_code = each.value.country_code
  address      = each.value.number
}

data "pagerduty_user_contact_method" "mail" {
  for_each = var.people

  user_id = data.pagerduty_user.this[each.key].id
  type    = "email_contact_method"
  label   = "Default"
}

locals {
  # What is urgent rings; what is not is read in the morning.
  ways = merge([for who in keys(var.phones) : {
    "${who} high sms"  = { who = who, urgency = "high", minutes = 0, type = "sms_contact_method", id = pagerduty_user_contact_method.sms[who].id }
    "${who} high call" = { who = who, urgency = "high", minutes = 3, type = "phone_contact_method", id = pagerduty_user_contact_method.call[who].id }
    "${who} high mail" = { who = who, urgency = "high", minutes = 0, type = "email_contact_method", id = data.pagerduty_user_contact_method.mail[who].id }
    "${who} low mail"  = { who = who, urgency = "low", minutes = 0, type = "email_contact_method", id = data.pagerduty_user_contact_method.mail[who].id }
  }]...)
}

resource "pagerduty_user_notification_rule" "this" {
  for_each = local.ways

  user_id                = data.pagerduty_user.this[each.value.who].id
  urgency                = each.value.urgency
  start_delay_in_minutes = each.value.minutes

  contact_method {
    type = each.value.type
    id   = each.value.id
  }
}

# A shift does not begin unnoticed.
resource "pagerduty_user_handoff_notification_rule" "this" {
  for_each = toset(flatten([for s in var.schedules : s.users]))

  user_id                   = data.pagerduty_user.this[each.key].id
  handoff_type              = "oncoming"
  notify_advance_in_minutes = 60

  contact_method {
    type = "email_contact_method"
    id   = data.pagerduty_user_contact_method.mail[each.key].id
  }
}
