# AWS's own services are reached inside the network. No endpoint has the default
# policy, which lets any principal of any account through.

locals {
  # A credential of another account is of no use here, and one of ours reaches
  # nothing outside the organization.
  ours = {
    Sid       = "OurPrincipals"
    Effect    = "Allow"
    Principal = "*"
    Action    = "*"
    Resource  = "*"
    Condition = {
      StringEquals = merge(
        { "aws:PrincipalOrgID" = var.organization_id },
        var.account_id == null ? {} : { "aws:PrincipalAccount" = var.account_id },
      )
    }
  }

  # Others that use these endpoints have no business with a credential of
  # production, wherever they got it from.
  apart = {
    Sid       = "ProductionFromItsToolsOnly"
    Effect    = "Deny"
    Principal = "*"
    Action    = "*"
    Resource  = "*"
    Condition = {
      StringEquals = { "aws:PrincipalAccount" = try(var.apart.account_ids, []) }
      NotIpAddress = { "aws:VpcSourceIp" = try(var.apart.from, []) }
    }
  }

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([local.ours], var.apart == null ? [] : [local.apart])
  })
}

resource "aws_security_group" "this" {
  name        = "${var.name}-endpoints"
  description = "Interface endpoints of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = var.clients

  security_group_id = aws_security_group.this.id
  description       = "AWS APIs from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "mail" {
  for_each = contains(var.services, "email-smtp") ? var.clients : {}

  security_group_id = aws_security_group.this.id
  description       = "Mail submission from ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 587
  to_port           = 587
}

resource "aws_vpc_endpoint" "this" {
  for_each = var.services

  vpc_id              = var.vpc_id
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.subnet_ids
  security_group_ids  = [aws_security_group.this.id]
  private_dns_enabled = !contains(keys(var.zones), each.key)

  # Mail submission has credentials of its own and knows no policies.
  policy = each.key == "email-smtp" ? null : local.policy

  tags = { Name = "${var.name}-${each.key}" }
}

# Where networks elsewhere use the endpoints, their names are zones of our own:
# the names that AWS makes for an endpoint are known in its own VPC alone.
resource "aws_route53_zone" "this" {
  for_each = var.zones

  name    = each.value
  comment = "Endpoint of ${each.key} in ${var.name}"

  vpc {
    vpc_id = var.vpc_id
  }

  lifecycle {
    # Further networks are bound by their own roots.
    ignore_changes = [vpc]
  }
}

resource "aws_route53_record" "this" {
  for_each = var.zones

  zone_id = aws_route53_zone.this[each.key].zone_id
  # Every registry has a name of its own: <account>.dkr.ecr.<region>.
  name = each.key == "ecr.dkr" ? "*.${each.value}" : each.value
  type = "A"

  alias {
    name                   = aws_vpc_endpoint.this[each.key].dns_entry[0].dns_name
    zone_id                = aws_vpc_endpoint.this[each.key].dns_entry[0].hosted_zone_id
    evaluate_target_health = false
  }
}
