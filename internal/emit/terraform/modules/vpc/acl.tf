# Network ACLs are stateless: a second wall that stands even when a security
# group is wrong. Each purpose has its own list.

resource "aws_network_acl" "this" {
  for_each = local.purposes

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for k, s in var.subnets : aws_subnet.this[k].id if s.purpose == each.key]
  tags       = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# Most rules hold for several purposes and in both directions; the address of
# each is made of what it says, so that none moves when another comes.
locals {
  acl_rules = merge([
    for r in var.acl : merge([
      for direction in r.directions : {
        for purpose in setintersection(r.purposes, local.purposes) :
        "${purpose} ${direction} ${r.number}" => merge(r, { purpose = purpose, egress = direction == "out" })
      }
    ]...)
  ]...)
}

resource "aws_network_acl_rule" "this" {
  for_each = local.acl_rules

  network_acl_id = aws_network_acl.this[each.value.purpose].id
  rule_number    = each.value.number
  egress         = each.value.egress
  rule_action    = each.value.allow ? "allow" : "deny"
  protocol       = each.value.protocol
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}
