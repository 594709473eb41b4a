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
}

resource "akamai_cps_dv_enrollment" "this" {
  contract_id                           = var.contract_id
  common_name                           = sort(keys(var.hosts))[0]
  sans                                  = slice(sort(keys(var.hosts)), 1, length(var.hosts))
  secure_network                        = "enhanced-tls"
  sni_only                              = true
  signature_algorithm                   = "SHA-256"
  acknowledge_pre_verification_warnings = true

  admin_contact {
    first_name       = var.contact.first_name
    last_name        = var.contact.last_name
    organization     = var.contact.organization
    email            = var.contact.email
    phone            = var.contact.phone
    address_line_one = var.contact.address
    city             = var.contact.city
    region           = var.contact.region
    postal_code      = var.contact.postal_code
    country_code     = var.contact.country_code
  }

  tech_contact {
    first_name       = var.contact.first_name
    last_name        = var.contact.last_name
    organization     = "Akamai"
    email            = var.contact.technical_email
    phone            = var.contact.phone
    address_line_one = var.contact.address
    city             = var.contact.city
    region           = var.contact.region
    postal_code      = var.contact.postal_code
    country_code     = var.contact.country_code
  }

  csr {
    country_code = var.contact.country_code
    city         = var.contact.city
    organization = var.contact.organization
    state        = var.contact.region
  }

  organization {
    name             = var.contact.organization
    phone            = var.contact.phone
    address_line_one = var.contact.address
    city             = var.contact.city
    region           = var.contact.region
    postal_code      = var.contact.postal_code
    country_code     = var.contact.country_code
  }

  network_configuration {
    disallowed_tls_versions = ["TLSv1", "TLSv1_1"]
    geography               = "core"
    must_have_ciphers       = "ak-akamai-2020q1"
    preferred_ciphers       = "ak-akamai-2020q1"
    quic_enabled            = true
  }
}

resource "akamai_property" "this" {
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
