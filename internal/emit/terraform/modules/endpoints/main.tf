# AWS's own services are reached inside the network. No endpoint has the default
# policy, which lets any principal of any account through.

locals {
  # A credential of another account is of no use here, and one of ours reaches
  # nothing outside the organization.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OurPrincipalsOurThings"
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
    }]
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
  private_dns_enabled = true

  # Mail submission has credentials of its own and knows no policies.
  policy = each.key == "email-smtp" ? null : local.policy

  tags = { Name = "${var.name}-${each.key}" }
}
