# Network ACLs are stateless: a second wall that stands even when a security
# group is wrong. Purposes that are reached alike share a list.

resource "aws_network_acl" "this" {
  for_each = toset(values(var.acl_lists))

  vpc_id     = aws_vpc.this.id
  subnet_ids = [for k, s in var.subnets : aws_subnet.this[k].id if var.acl_lists[s.purpose] == each.key]
  tags       = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

# Most rules hold for several lists and in both directions; the address of each
# is made of what it says, so that none moves when another comes.
locals {
  acl_rules = merge([
    for r in var.acl : merge([
      for direction in r.directions : {
        for list in setintersection(r.lists, toset(values(var.acl_lists))) :
        "${list} ${direction} ${r.number}" => merge(r, { list = list, egress = direction == "out" })
      }
    ]...)
  ]...)
}

resource "aws_network_acl_rule" "this" {
  for_each = local.acl_rules

  network_acl_id = aws_network_acl.this[each.value.list].id
  rule_number    = each.value.number
  egress         = each.value.egress
  rule_action    = each.value.allow ? "allow" : "deny"
  protocol       = each.value.protocol
  cidr_block     = each.value.cidr
  from_port      = each.value.from
  to_port        = each.value.to
}
