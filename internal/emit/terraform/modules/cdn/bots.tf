locals {
  # People are never asked by a page that they send: where a challenge is wanted,
  # the forms refuse whom the challenge found, and all else is slowed down.
  bot_action = { block = "deny", challenge = "tarpit", monitor = "monitor", off = "skip" }[var.bot_mode]
  form       = { block = "deny", challenge = "deny", monitor = "monitor", off = "skip" }[var.bot_mode]

  # An answer that cannot be read leaves the name, which Akamai then refuses and
  # names.
  category_ids  = { for name, d in data.akamai_botman_akamai_bot_category.this : name => try(jsondecode(d.json).categories[0].categoryId, name) }
  detection_ids = { for name, d in data.akamai_botman_bot_detection.this : name => try(jsondecode(d.json).detections[0].detectionId, name) }
}

resource "akamai_botman_bot_management_settings" "this" {
  config_id          = local.config
  security_policy_id = local.policy

  bot_management_settings = jsonencode({
    enableBotManagement              = var.bot_mode != "off"
    addAkamaiBotHeader               = false
    enableActiveDetections           = true
    enableBrowserValidation          = true
    thirdPartyProxyServiceInUse      = false
    removeBotManagementCookies       = true
    includeTransactionalEndpointInfo = true
  })
}

data "akamai_botman_akamai_bot_category" "this" {
  for_each = toset(concat(var.bot_categories_allowed, var.bot_categories_refused))

  category_name = each.key
}

# Bots that say who they are: those whose kind is wanted are let in, and counted.
resource "akamai_botman_akamai_bot_category_action" "this" {
  for_each = local.category_ids

  config_id                  = local.config
  security_policy_id         = akamai_botman_bot_management_settings.this.security_policy_id
  category_id                = each.value
  akamai_bot_category_action = jsonencode({ action = contains(var.bot_categories_allowed, each.key) ? "monitor" : local.bot_action })
}

data "akamai_botman_bot_detection" "this" {
  for_each = toset(var.bot_detections)

  detection_name = each.key
}

# Those that do not.
resource "akamai_botman_bot_detection_action" "this" {
  for_each = local.detection_ids

  config_id            = local.config
  security_policy_id   = akamai_botman_bot_management_settings.this.security_policy_id
  detection_id         = each.value
  bot_detection_action = jsonencode({ action = local.bot_action })
}

resource "akamai_botman_javascript_injection" "this" {
  config_id          = local.config
  security_policy_id = akamai_botman_bot_management_settings.this.security_policy_id

  javascript_injection = jsonencode({
    injectJavaScript = "AROUND_PROTECTED_OPERATIONS"
    rules            = []
  })
}

# Login, passwords once, search and booking: every one of them is watched.
resource "akamai_botman_transactional_endpoint" "this" {
  for_each = local.calls

  config_id          = local.config
  security_policy_id = akamai_botman_bot_management_settings.this.security_policy_id
  operation_id       = local.operation_ids[each.key]

  transactional_endpoint = jsonencode({
    telemetryTypeStates = {
      inline   = { enabled = true, disabledAction = "monitor" }
      standard = { enabled = true }
    }
    traditionalTelemetryActions = { action = local.form }
  })
}
