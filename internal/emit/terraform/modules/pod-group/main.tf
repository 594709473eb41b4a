# The security group of the pods of one service: what the service may do, and
# none of what other pods of its cluster may. Nodes keep their own group, and
# each rule between the two stands on both sides.

resource "aws_security_group" "this" {
  name        = var.name
  description = "Pods of ${var.service}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # From nodes: other pods, the kubelet that asks whether this one is well, and
  # Prometheus.
  from_nodes = merge({ figures = 9464 }, { for p in var.ports : "port-${p}" => p })

  # To nodes: names, the collector of traces, and the services it uses.
  to_nodes = merge(
    { dns_tcp = { protocol = "tcp", port = 53 }, dns_udp = { protocol = "udp", port = 53 }, otlp_grpc = { protocol = "tcp", port = 4317 }, otlp_http = { protocol = "tcp", port = 4318 } },
    { for name, port in var.callees : name => { protocol = "tcp", port = port } },
  )
}

resource "aws_vpc_security_group_ingress_rule" "from_nodes" {
  for_each = local.from_nodes

  security_group_id            = aws_security_group.this.id
  description                  = "From pods and nodes: ${each.key}"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "from_nodes" {
  for_each = local.from_nodes

  security_group_id            = var.node_security_group_id
  description                  = "To pods of ${var.service}: ${each.key}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "to_nodes" {
  for_each = local.to_nodes

  security_group_id            = aws_security_group.this.id
  description                  = "To pods: ${each.key}"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "to_nodes" {
  for_each = local.to_nodes

  security_group_id            = var.node_security_group_id
  description                  = "From pods of ${var.service}: ${each.key}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "caller" {
  for_each = var.callers

  security_group_id            = aws_security_group.this.id
  description                  = "From pods with a group of their own: ${each.key}"
  referenced_security_group_id = each.value.group
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "caller" {
  for_each = var.callers

  security_group_id            = each.value.group
  description                  = "To pods of ${var.service}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "target" {
  for_each = var.targets

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count = var.s3_prefix_list_id == null ? 0 : 1

  security_group_id = aws_security_group.this.id
  description       = "S3 through the gateway endpoint"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  count = var.internet ? 1 : 0

  security_group_id = aws_security_group.this.id
  description       = "Internet on 443, by the firewall's list of domains"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
