# The VPN of people, for one tier. It hides its users behind the addresses of
# its subnets, so that developers and operators never share an endpoint.

locals {
  # The resolver of the network: private names are known there only ("VPC DNS":
  # the second address of the range).
  resolver = cidrhost(var.vpc_cidr, 2)
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/paddock/vpn/${var.name}"
  retention_in_days = 365
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_stream" "this" {
  name           = "connections"
  log_group_name = aws_cloudwatch_log_group.this.name
}

resource "aws_acm_certificate" "server" {
  domain_name               = var.server_name
  certificate_authority_arn = var.certificate_authority_arn

  tags = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_saml_provider" "this" {
  name                   = var.name
  saml_metadata_document = var.saml_metadata
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "People on the VPN ${var.name}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }
}

# Who reaches what is said below, by group; an address that two groups reach has
# one rule.
resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = { for r in var.authorizations : "${r.cidr} ${r.port}" => r... }

  security_group_id = aws_security_group.this.id
  description       = each.value[0].why
  cidr_ipv4         = each.value[0].cidr
  ip_protocol       = "tcp"
  from_port         = each.value[0].port
  to_port           = each.value[0].port
}

resource "aws_ec2_client_vpn_endpoint" "this" {
  description            = var.name
  server_certificate_arn = aws_acm_certificate.server.arn
  client_cidr_block      = var.client_cidr
  vpc_id                 = var.vpc_id
  security_group_ids     = [aws_security_group.this.id]
  split_tunnel           = true
  dns_servers            = [local.resolver]
  transport_protocol     = "udp"
  self_service_portal    = "disabled"

  session_timeout_hours         = 8
  disconnect_on_session_timeout = true

  authentication_options {
    type              = "federated-authentication"
    saml_provider_arn = aws_iam_saml_provider.this.arn
  }

  connection_log_options {
    enabled               = true
    cloudwatch_log_group  = aws_cloudwatch_log_group.this.name
    cloudwatch_log_stream = aws_cloudwatch_log_stream.this.name
  }

  client_route_enforcement_options {
    enforced = true
  }

  tags = { Name = var.name }
}

resource "aws_ec2_client_vpn_network_association" "this" {
  for_each = var.subnet_ids

  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  subnet_id              = each.value
}

# The only wall between groups: each reaches its own ranges, never all.
resource "aws_ec2_client_vpn_authorization_rule" "this" {
  for_each = { for r in var.authorizations : "${r.group} ${r.cidr}" => r... }

  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  target_network_cidr    = each.value[0].cidr
  access_group_id        = each.value[0].group
  description            = each.value[0].why
}

# Everybody asks for names; what they may ask for is the resolver's matter.
resource "aws_ec2_client_vpn_authorization_rule" "names" {
  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  target_network_cidr    = "${local.resolver}/32"
  authorize_all_groups   = true
  description            = "The resolver"
}

resource "aws_ec2_client_vpn_route" "this" {
  for_each = { for pair in setproduct(keys(var.subnet_ids), toset([for r in var.authorizations : r.cidr])) : "${pair[0]} ${pair[1]}" => { subnet = pair[0], cidr = pair[1] } }

  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  destination_cidr_block = each.value.cidr
  target_vpc_subnet_id   = var.subnet_ids[each.value.subnet]
  description            = var.name

  depends_on = [aws_ec2_client_vpn_network_association.this]
}
