# One certificate for all hosts. Akamai's authority asks for a record under each
# host; once the hosts point at Akamai it renews by itself and asks no more.

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

  # Versions before 1.2 are turned away; 1.3 and QUIC are what HTTP/3 needs.
  network_configuration {
    disallowed_tls_versions = ["TLSv1", "TLSv1_1"]
    geography               = "core"
    must_have_ciphers       = "ak-akamai-2020q1"
    preferred_ciphers       = "ak-akamai-2020q1"
    quic_enabled            = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = var.hosts

  zone_id         = var.zone_id
  name            = "_acme-challenge.${each.key}"
  type            = "TXT"
  ttl             = 60
  allow_overwrite = true
  records         = [coalesce(one([for c in akamai_cps_dv_enrollment.this.dns_challenges : c.response_body if c.domain == each.key]), "validated")]

  lifecycle {
    ignore_changes = [records] # there is no challenge any more once it is met
  }
}

resource "akamai_cps_dv_validation" "this" {
  enrollment_id                          = akamai_cps_dv_enrollment.this.id
  sans                                   = akamai_cps_dv_enrollment.this.sans
  acknowledge_post_verification_warnings = true

  depends_on = [aws_route53_record.validation]
}
