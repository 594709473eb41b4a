# What is known of a client: how often it asks, what others saw of it, and what
# people wrote down about it.

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

# Requests of one client below one path, in requests a second: the average is
# over two minutes, the burst over five seconds. Less than one a second cannot be
# said here; the firewall of the load balancer counts that.
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
    additionalMatchOptions = null
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

resource "akamai_appsec_reputation_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = true
}

locals {
  # What a client did elsewhere in the last weeks. From nine of ten on it is
  # refused; from five on it is noted.
  reputations = {
    web-attackers  = { context = "WEBATCK", name = "Web Attackers" }
    dos-attackers  = { context = "DOSATCK", name = "DoS Attackers" }
    scanning-tools = { context = "SCANTL", name = "Scanning Tools" }
    web-scrapers   = { context = "WEBSCRP", name = "Web Scrapers" }
  }
  threats = merge([for k, r in local.reputations : {
    "${k}-high" = { context = r.context, name = "${r.name} (High Threat)", threshold = 9, action = local.action }
    "${k}-low"  = { context = r.context, name = "${r.name} (Low Threat)", threshold = 5, action = local.action == "none" ? "none" : "alert" }
  }]...)
}

resource "akamai_appsec_reputation_profile" "this" {
  for_each = local.threats

  config_id = local.config

  reputation_profile = jsonencode({
    context          = each.value.context
    name             = each.value.name
    sharedIpHandling = "NON_SHARED"
    threshold        = each.value.threshold
  })
}

resource "akamai_appsec_reputation_profile_action" "this" {
  for_each = local.threats

  config_id             = local.config
  security_policy_id    = akamai_appsec_reputation_protection.this.security_policy_id
  reputation_profile_id = akamai_appsec_reputation_profile.this[each.key].reputation_profile_id
  action                = each.value.action
}

# Addresses that people refuse by hand when something happens, and those of our
# own that nothing of this may refuse.
resource "akamai_clientlist_list" "this" {
  for_each = {
    blocked = "Refused by hand; entries end by themselves where they have a date"
    trusted = "Never refused by address: offices, and who tests for us"
  }

  name        = "${var.name}-${each.key}"
  type        = "IP"
  notes       = each.value
  contract_id = trimprefix(var.contract_id, "ctr_")
  group_id    = tonumber(trimprefix(var.group_id, "grp_"))
  tags        = ["paddock"]

  lifecycle {
    ignore_changes = [items] # people add and remove during an attack
  }
}

resource "akamai_clientlist_activation" "this" {
  for_each = { for pair in setproduct(["blocked", "trusted"], ["STAGING", "PRODUCTION"]) : "${pair[0]} ${pair[1]}" => { list = pair[0], network = pair[1] } }

  list_id                 = akamai_clientlist_list.this[each.value.list].list_id
  version                 = akamai_clientlist_list.this[each.value.list].version
  network                 = each.value.network
  comments                = "Rendered by paddock"
  notification_recipients = var.notify
}

resource "akamai_appsec_ip_geo_protection" "this" {
  config_id          = local.config
  security_policy_id = local.policy
  enabled            = true
}

resource "akamai_appsec_ip_geo" "this" {
  config_id                  = local.config
  security_policy_id         = akamai_appsec_ip_geo_protection.this.security_policy_id
  mode                       = "block"
  ip_network_lists           = [akamai_clientlist_list.this["blocked"].list_id]
  exception_ip_network_lists = [akamai_clientlist_list.this["trusted"].list_id]

  depends_on = [akamai_clientlist_activation.this]
}
