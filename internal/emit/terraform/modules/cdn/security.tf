resource "akamai_appsec_configuration" "this" {
  name        = var.name
  description = "Rendered by paddock"
  contract_id = trimprefix(var.contract_id, "ctr_")
  group_id    = tonumber(trimprefix(var.group_id, "grp_"))
  host_names  = keys(var.hosts)

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
    isNegativePathMatch          = false
    isNegativeFileExtensionMatch = false
    hostnames                    = sort(keys(var.hosts))
    filePaths                    = ["/*"]
    securityPolicy               = { policyId = local.policy }
    bypassNetworkLists           = []
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

resource "akamai_appsec_penalty_box" "this" {
  config_id              = local.config
  security_policy_id     = akamai_appsec_waf_mode.this.security_policy_id
  penalty_box_protection = var.waf_mode == "block"
  penalty_box_action     = local.action
}

resource "akamai_appsec_slowpost_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = true
}

resource "akamai_appsec_slow_post" "this" {
  config_id                  = local.config
  security_policy_id         = akamai_appsec_slowpost_protection.this.security_policy_id
  slow_rate_action           = var.waf_mode == "block" ? "abort" : "alert"
  slow_rate_threshold_rate   = 10
  slow_rate_threshold_period = 60
}

resource "akamai_appsec_rate_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = true
}

# Requests of one client below one path; the average is over two minutes, the
# burst over five seconds.
resource "akamai_appsec_rate_policy" "this" {
  for_each = var.limits

  config_id = local.config

  rate_policy = jsonencode({
    name                 = each.key
    description          = "${each.value.per_minute} a minute below ${each.value.path}"
    matchType            = "path"
    type                 = "WAF"
    requestType          = "ClientRequest"
    clientIdentifier     = "ip"
    averageThreshold     = max(1, floor(each.value.per_minute / 60))
    burstThreshold       = max(2, ceil(each.value.per_minute / 30))
    pathMatchType        = "Custom"
    pathUriPositiveMatch = true
    path = {
      positiveMatch = true
      values        = [each.value.path, "${trimsuffix(each.value.path, "/")}/*"]
    }
    hosts                  = { positiveMatch = true, values = [each.value.host] }
    sameActionOnIpv6       = true
    useXForwardForHeaders  = false
    additionalMatchOptions = []
  })
}

resource "akamai_appsec_rate_policy_action" "this" {
  for_each = var.limits

  config_id          = local.config
  security_policy_id = akamai_appsec_rate_protection.this.security_policy_id
  rate_policy_id     = akamai_appsec_rate_policy.this[each.key].rate_policy_id
  ipv4_action        = local.action == "none" ? "alert" : local.action
  ipv6_action        = local.action == "none" ? "alert" : local.action
}

# Addresses that people block by hand when something happens.
resource "akamai_clientlist_list" "blocked" {
  name        = "${var.name}-blocked"
  type        = "IP"
  notes       = "Blocked by hand; entries end by themselves where they have a date"
  contract_id = trimprefix(var.contract_id, "ctr_")
  group_id    = tonumber(trimprefix(var.group_id, "grp_"))
  tags        = ["paddock"]

  lifecycle {
    ignore_changes = [items] # people add and remove during an attack
  }
}

resource "akamai_clientlist_activation" "blocked" {
  for_each = toset(["STAGING", "PRODUCTION"])

  list_id                 = akamai_clientlist_list.blocked.list_id
  version                 = akamai_clientlist_list.blocked.version
  network                 = each.key
  comments                = "Rendered by paddock"
  notification_recipients = var.notify
}

resource "akamai_appsec_ip_geo_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = true
}

resource "akamai_appsec_ip_geo" "this" {
  config_id          = local.config
  security_policy_id = akamai_appsec_ip_geo_protection.this.security_policy_id
  mode               = "block"
  ip_network_lists   = [akamai_clientlist_list.blocked.list_id]

  depends_on = [akamai_clientlist_activation.blocked]
}

# The version that all of the above ended in.
data "akamai_appsec_configuration" "latest" {
  name = akamai_appsec_configuration.this.name

  depends_on = [
    akamai_appsec_match_target.this, akamai_appsec_attack_group.this, akamai_appsec_penalty_box.this, akamai_appsec_slow_post.this,
    akamai_appsec_rate_policy_action.this, akamai_appsec_ip_geo.this, akamai_botman_akamai_bot_category_action.this, akamai_botman_bot_detection_action.this,
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
}
