# The logs of one tier: a search domain that no environment of the other tier
# reaches, and the stream by which logs of AWS itself come to it. Clusters write
# straight into it, with the roles that are named here.

resource "aws_security_group" "this" {
  name        = var.name
  description = "Logs of ${var.tier}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_ingress_rule" "stream" {
  security_group_id            = aws_security_group.this.id
  description                  = "Delivery stream"
  referenced_security_group_id = aws_security_group.stream.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_security_group" "stream" {
  name        = "${var.name}-stream"
  description = "Delivery stream into the logs of ${var.tier}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-stream" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "stream" {
  security_group_id            = aws_security_group.stream.id
  description                  = "Search domain"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

# Of the company's own authority: the name is none of the internet's.
resource "aws_acm_certificate" "this" {
  domain_name               = var.host
  certificate_authority_arn = var.certificate_authority_arn
  tags                      = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

module "domain" {
  source = "../opensearch"

  name              = var.name
  domain_name       = var.domain_name
  engine_version    = var.engine_version
  account_id        = var.account_id
  instance_type     = var.instance_type
  nodes             = var.nodes
  masters           = var.masters
  standby           = var.standby
  subnet_ids        = var.subnet_ids
  security_group_id = aws_security_group.this.id
  disk_gib          = var.disk_gib
  kms_key_arn       = var.kms_key_arn
  log_key_arn       = var.log_key_arn
  master_role_name  = var.master_role_name
  reader_role_arns  = var.reader_role_arns
  writer_role_arns  = concat(var.writer_role_arns, [aws_iam_role.stream.arn])
  # Shippers name the index within a bulk request; the roles inside the domain
  # bound what each may name.
  explicit_index  = true
  custom_endpoint = { name = var.host, certificate_arn = aws_acm_certificate.this.arn }
  alarm_topics    = [var.topic]
  tags            = var.tags
}

# The shippers and the browsers find the domain by these.
resource "aws_ssm_parameter" "endpoint" {
  name   = var.endpoint_parameter
  type   = "SecureString"
  key_id = var.kms_key_arn
  value  = module.domain.endpoint
}
