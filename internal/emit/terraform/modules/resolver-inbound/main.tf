# Answers the questions of other networks for our private names: their name
# servers pass on what they ask for a domain of ours to these addresses.

resource "aws_security_group" "this" {
  name        = "${var.name}-names"
  description = "Questions for private names"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-names" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = { for pair in setproduct(["tcp", "udp"], keys(var.clients)) : "${pair[1]} ${pair[0]}" => { protocol = pair[0], cidr = var.clients[pair[1]] } }

  security_group_id = aws_security_group.this.id
  description       = "Name servers of ${each.key}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = each.value.protocol
  from_port         = 53
  to_port           = 53
}

resource "aws_route53_resolver_endpoint" "this" {
  name                   = var.name
  direction              = "INBOUND"
  resolver_endpoint_type = "IPV4"
  protocols              = ["Do53"]
  security_group_ids     = [aws_security_group.this.id]

  dynamic "ip_address" {
    for_each = var.subnet_ids

    content {
      subnet_id = ip_address.value
    }
  }

  tags = { Name = var.name }
}
