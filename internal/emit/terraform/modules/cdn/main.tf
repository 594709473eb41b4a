# What stands between the internet and a tier's public load balancer at Akamai:
# names, the rules of delivery, and the failover between regions. A change is
# active on the staging network first; the production network follows only when
# that activation exists.

resource "akamai_cp_code" "this" {
  name        = var.name
  contract_id = var.contract_id
  group_id    = var.group_id
  product_id  = var.product_id
}

resource "akamai_edge_hostname" "this" {
  for_each = var.hosts

  contract_id   = var.contract_id
  group_id      = var.group_id
  product_id    = var.product_id
  edge_hostname = "${each.key}.edgekey.net"
  ip_behavior   = "IPV6_COMPLIANCE"
  certificate   = akamai_cps_dv_enrollment.this.id

  depends_on = [akamai_cps_dv_validation.this]
}

# The property before its rules: the stream of logs wants to know the property,
# and the rules want to know the stream.
resource "akamai_property_bootstrap" "this" {
  name        = var.name
  contract_id = var.contract_id
  group_id    = var.group_id
  product_id  = var.product_id
}

resource "akamai_property" "this" {
  property_id   = akamai_property_bootstrap.this.id
  name          = var.name
  contract_id   = var.contract_id
  group_id      = var.group_id
  product_id    = var.product_id
  rule_format   = var.rule_format
  rules         = local.rules
  version_notes = "Rendered by paddock"

  dynamic "hostnames" {
    for_each = var.hosts

    content {
      cname_from             = hostnames.key
      cname_to               = akamai_edge_hostname.this[hostnames.key].edge_hostname
      cert_provisioning_type = "CPS_MANAGED"
    }
  }
}

resource "akamai_property_activation" "staging" {
  property_id                    = akamai_property.this.id
  version                        = akamai_property.this.latest_version
  network                        = "STAGING"
  contact                        = var.notify
  note                           = "Rendered by paddock"
  auto_acknowledge_rule_warnings = false
}

resource "akamai_property_activation" "production" {
  property_id                    = akamai_property.this.id
  version                        = akamai_property_activation.staging.version
  network                        = "PRODUCTION"
  contact                        = var.notify
  note                           = "Rendered by paddock"
  auto_acknowledge_rule_warnings = false

  compliance_record {
    noncompliance_reason_none {
      ticket_id        = var.change
      peer_reviewed_by = var.reviewer
      customer_email   = var.notify[0]
      unit_tested      = true
    }
  }
}

# Public names point at the edge, and nowhere else. They do so when the property
# is active and its firewall too: nobody is let in before.
resource "aws_route53_record" "host" {
  for_each = { for host, service in var.hosts : host => service if host != var.domain }

  zone_id = var.zone_id
  name    = each.key
  type    = "CNAME"
  ttl     = 300
  records = [akamai_edge_hostname.this[each.key].edge_hostname]

  depends_on = [akamai_property_activation.production, akamai_appsec_activations.production]
}
