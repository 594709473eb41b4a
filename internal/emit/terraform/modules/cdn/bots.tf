locals {
  bot_action = { block = "deny", challenge = "challenge", monitor = "monitor", off = "skip" }[var.bot_mode]
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
  for_each = toset(var.bot_categories_allowed)

  category_name = each.key
}

# Known good bots are let in, by category: search engines, monitors of ours.
resource "akamai_botman_akamai_bot_category_action" "this" {
  for_each = data.akamai_botman_akamai_bot_category.this

  config_id                  = local.config
  security_policy_id         = akamai_botman_bot_management_settings.this.security_policy_id
  category_id                = jsondecode(each.value.json).categories[0].categoryId
  akamai_bot_category_action = jsonencode({ action = "monitor" })
}

data "akamai_botman_bot_detection" "this" {
  for_each = toset(["Impersonators of Known Bots", "HTTP Libraries", "Headless Browsers/Automation Tools", "Web Search Library", "Aggressive Web Crawlers", "Browser Impersonator", "Request Anomaly"])

  detection_name = each.key
}

resource "akamai_botman_bot_detection_action" "this" {
  for_each = data.akamai_botman_bot_detection.this

  config_id            = local.config
  security_policy_id   = akamai_botman_bot_management_settings.this.security_policy_id
  detection_id         = jsondecode(each.value.json).detections[0].detectionId
  bot_detection_action = jsonencode({ action = local.bot_action == "challenge" ? "tarpit" : local.bot_action })
}

resource "akamai_botman_javascript_injection" "this" {
  config_id          = local.config
  security_policy_id = akamai_botman_bot_management_settings.this.security_policy_id

  javascript_injection = jsonencode({
    injectJavaScript = "AROUND_PROTECTED_OPERATIONS"
    rules            = []
  })
}

# Login, passwords once, search and booking: what bots come for. An operation is
# registered once under API definitions, and its id is given here.
resource "akamai_botman_transactional_endpoint" "this" {
  for_each = { for k, s in var.sensitive : k => s if s.operation_id != null }

  config_id          = local.config
  security_policy_id = akamai_botman_bot_management_settings.this.security_policy_id
  operation_id       = each.value.operation_id

  transactional_endpoint = jsonencode({
    telemetryTypeStates = {
      inline   = { enabled = true, disabledAction = "monitor" }
      standard = { enabled = true }
    }
    traditionalTelemetryActions = { action = local.bot_action == "challenge" ? "deny" : local.bot_action }
  })
}
