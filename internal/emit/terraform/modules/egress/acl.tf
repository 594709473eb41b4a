# The lists of the way out. Addresses of the platform come in from the hub and
# leave to it; from the internet come answers, and requests to the public load
# balancer.

locals {
  everything = { protocol = "-1", from = 0, to = 0 }
  answers    = { protocol = "tcp", from = 1024, to = 65535 }
  https      = { protocol = "tcp", from = 443, to = 443 }

  # Attachments and firewall endpoints carry what other lists and the firewall
  # itself judge, under the addresses of others.
  carrying = {
    "in 100"  = merge(local.everything, { cidr = "0.0.0.0/0" })
    "out 100" = merge(local.everything, { cidr = "0.0.0.0/0" })
  }

  lists = {
    tgw = local.carrying
    fw  = local.carrying

    nat = merge(
      { "in 200" = merge(local.answers, { cidr = "0.0.0.0/0" }), "out 200" = merge(local.https, { cidr = "0.0.0.0/0" }) },
      { for i, cidr in sort(var.spokes) : "in ${100 + i}" => merge(local.https, { cidr = cidr }) },
      { for i, cidr in sort(var.spokes) : "out ${100 + i}" => merge(local.answers, { cidr = cidr }) },
    )

    edge = merge(
      { "in 100" = merge(local.https, { cidr = "0.0.0.0/0" }), "out 100" = merge(local.answers, { cidr = "0.0.0.0/0" }) },
      { for i, cidr in sort(var.spokes) : "in ${110 + i}" => merge(local.answers, { cidr = cidr }) },
      { for i, cidr in sort(var.spokes) : "out ${110 + i}" => merge(local.https, { cidr = cidr }) },
    )
  }

  acl_rules = merge([
    for purpose, rules in local.lists : { for key, rule in rules : "${purpose} ${key}" => merge(rule, { purpose = purpose, direction = split(" ", key)[0], number = tonumber(split(" ", key)[1]) }) }
  ]...)
}

resource "aws_network_acl" "this" {
  for_each = local.lists

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for k, s in var.subnets : aws_subnet.this[k].id if s.purpose == each.key]
  tags       = { Name = "${var.name}-${each.key}" }
}

resource "aws_network_acl_rule" "this" {
  for_each = local.acl_rules

  network_acl_id = aws_network_acl.this[each.value.purpose].id
  rule_number    = each.value.number
  egress         = each.value.direction == "out"
  rule_action    = "allow"
  protocol       = each.value.protocol
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}
