resource "akamai_appsec_configuration" "this" {
  name        = var.name
  description = "Rendered by paddock"
  contract_id = trimprefix(var.contract_id, "ctr_")
  group_id    = tonumber(trimprefix(var.group_id, "grp_"))
  host_names  = keys(var.hosts)

  # Only hosts of an active property can be chosen.
  depends_on = [akamai_property_activation.staging]
}

resource "akamai_appsec_security_policy" "this" {
  config_id              = akamai_appsec_configuration.this.config_id
  security_policy_name   = var.name
  security_policy_prefix = var.policy_prefix
  default_settings       = true
}

locals {
  config = akamai_appsec_configuration.this.config_id
  policy = akamai_appsec_security_policy.this.security_policy_id
  # Groups of attacks in Akamai's automated engine.
  attacks = ["POLICY", "WAT", "PROTOCOL", "SQL", "XSS", "CMD", "LFI", "RFI", "PLATFORM"]
  action  = { block = "deny", monitor = "alert", off = "none" }[var.waf_mode]
}

resource "akamai_appsec_match_target" "this" {
  config_id = local.config

  match_target = jsonencode({
    type                         = "website"
    sequence                     = 0
    defaultFile                  = "NO_MATCH"
    isNegativePathMatch          = false
    isNegativeFileExtensionMatch = false
    hostnames                    = sort(keys(var.hosts))
    filePaths                    = ["/*"]
    securityPolicy               = { policyId = local.policy }
  })
}

resource "akamai_appsec_waf_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = var.waf_mode != "off"
}

resource "akamai_appsec_waf_mode" "this" {
  config_id          = local.config
  security_policy_id = akamai_appsec_waf_protection.this.security_policy_id
  mode               = "ASE_AUTO"
}

resource "akamai_appsec_attack_group" "this" {
  for_each = toset(local.attacks)

  config_id           = local.config
  security_policy_id  = akamai_appsec_waf_mode.this.security_policy_id
  attack_group        = each.key
  attack_group_action = local.action
}

# Who was caught once is kept out for a while.
resource "akamai_appsec_penalty_box" "this" {
  config_id              = local.config
  security_policy_id     = akamai_appsec_waf_mode.this.security_policy_id
  penalty_box_protection = var.waf_mode == "block"
  penalty_box_action     = local.action
}

# As much of a body as is looked at: what is longer passes unseen.
resource "akamai_appsec_advanced_settings_request_body" "this" {
  config_id                     = local.config
  request_body_inspection_limit = "32"
}

# The version that all of the above, and what stands beside it, ended in.
data "akamai_appsec_configuration" "latest" {
  name = akamai_appsec_configuration.this.name

  depends_on = [
    akamai_appsec_match_target.this, akamai_appsec_attack_group.this, akamai_appsec_penalty_box.this, akamai_appsec_slow_post.this,
    akamai_appsec_rate_policy_action.this, akamai_appsec_reputation_profile_action.this, akamai_appsec_ip_geo.this,
    akamai_appsec_advanced_settings_request_body.this, akamai_appsec_advanced_settings_logging.this,
    akamai_appsec_siem_settings.this, akamai_botman_akamai_bot_category_action.this, akamai_botman_bot_detection_action.this,
    akamai_botman_transactional_endpoint.this, akamai_botman_javascript_injection.this,
  ]
}

resource "akamai_appsec_activations" "staging" {
  config_id           = local.config
  version             = data.akamai_appsec_configuration.latest.latest_version
  network             = "STAGING"
  note                = "Rendered by paddock"
  notification_emails = var.notify
}

resource "akamai_appsec_activations" "production" {
  config_id           = local.config
  version             = akamai_appsec_activations.staging.version
  network             = "PRODUCTION"
  note                = "Rendered by paddock"
  notification_emails = var.notify

  depends_on = [akamai_property_activation.production]
}
