# Rules of control plane and nodes. EKS makes a group of its own as well, which
# no plan shows: naming ours explicitly keeps it to the cluster's interfaces.

resource "aws_security_group" "control" {
  name        = "${var.name}-control"
  description = "Control plane of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-control" })
}

resource "aws_security_group" "node" {
  name        = "${var.name}-node"
  description = "Nodes and pods of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-node", "karpenter.sh/discovery" = var.name })
}

locals {
  # What the control plane opens to nodes: kubelet and admission webhooks.
  from_control = { api = 443, kubelet = 10250, metrics = 10251, balancers = 9443, karpenter = 8443 }

  # What nodes open to one another: declared ports of services and the
  # platform's own. No range wider than a listener.
  between_nodes = merge(
    { dns_tcp = { protocol = "tcp", port = 53 }, dns_udp = { protocol = "udp", port = 53 }, node_metrics = { protocol = "tcp", port = 9100 }, service_metrics = { protocol = "tcp", port = 9464 } },
    { logs = { protocol = "tcp", port = 2020 }, otlp_grpc = { protocol = "tcp", port = 4317 }, otlp_http = { protocol = "tcp", port = 4318 }, kubelet = { protocol = "tcp", port = 10250 } },
    { for name, port in var.service_ports : name => { protocol = "tcp", port = port } },
  )
}

resource "aws_vpc_security_group_ingress_rule" "api_from_nodes" {
  security_group_id            = aws_security_group.control.id
  description                  = "API for nodes and pods"
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "api_from_people" {
  for_each = var.api_clients

  security_group_id = aws_security_group.control.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "control_to_nodes" {
  for_each = local.from_control

  security_group_id            = aws_security_group.control.id
  description                  = "To nodes: ${each.key}"
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "nodes_from_control" {
  for_each = local.from_control

  security_group_id            = aws_security_group.node.id
  description                  = "From the control plane: ${each.key}"
  referenced_security_group_id = aws_security_group.control.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "between_nodes" {
  for_each = local.between_nodes

  security_group_id            = aws_security_group.node.id
  description                  = "Between pods: ${each.key}"
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "between_nodes" {
  for_each = local.between_nodes

  security_group_id            = aws_security_group.node.id
  description                  = "Between pods: ${each.key}"
  referenced_security_group_id = aws_security_group.node.id
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_api" {
  security_group_id            = aws_security_group.node.id
  description                  = "API"
  referenced_security_group_id = aws_security_group.control.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}

resource "aws_vpc_security_group_ingress_rule" "nodes_from" {
  for_each = var.node_clients

  security_group_id = aws_security_group.node.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "nodes_to" {
  for_each = var.node_targets

  security_group_id = aws_security_group.node.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_s3" {
  security_group_id = aws_security_group.node.id
  description       = "S3 through the gateway endpoint: image layers, buckets"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Only where a service of this cluster names domains: the firewall then says
# which ones (rule group of this network in 20-network).
resource "aws_vpc_security_group_egress_rule" "nodes_to_internet" {
  count = var.internet ? 1 : 0

  security_group_id = aws_security_group.node.id
  description       = "Internet on 443, by the firewall's list of domains"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
