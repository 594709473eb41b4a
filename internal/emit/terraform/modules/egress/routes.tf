# Route tables by purpose and zone: the next hop is always in the same zone.

resource "aws_route_table" "this" {
  for_each = var.subnets

  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table_association" "this" {
  for_each = var.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this[each.key].id
}

locals {
  # The firewall's endpoint in each zone; without inspection, packets go to the
  # NAT at once.
  firewall_endpoint = var.inspect ? {
    for s in one(aws_networkfirewall_firewall.this[*].firewall_status)[0].sync_states : s.availability_zone => s.attachment[0].endpoint_id
  } : {}
  by_purpose = { for p in ["edge", "nat", "fw", "tgw"] : p => { for k, s in var.subnets : k => s if s.purpose == p } }

  # Firewall endpoints are named by zone, not by zone id; the two are matched
  # through the firewall's own subnets.
  zone_names = { for k, s in local.by_purpose["fw"] : s.zone => aws_subnet.this[k].availability_zone }
  spokes     = { for pair in setproduct(keys(var.subnets), var.spokes) : "${pair[0]} ${pair[1]}" => { subnet = pair[0], cidr = pair[1] } }
}

resource "aws_route" "hub_to_firewall" {
  for_each = var.inspect ? local.by_purpose["tgw"] : {}

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  vpc_endpoint_id        = lookup(local.firewall_endpoint, local.zone_names[each.value.zone], values(local.firewall_endpoint)[0])
}

resource "aws_route" "hub_to_nat" {
  for_each = var.inspect ? {} : local.by_purpose["tgw"]

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.value.zone].id
}

resource "aws_route" "firewall_to_nat" {
  for_each = local.by_purpose["fw"]

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.value.zone].id
}

resource "aws_route" "firewall_to_spoke" {
  for_each = { for k, r in local.spokes : k => r if var.subnets[r.subnet].purpose == "fw" }

  route_table_id         = aws_route_table.this[each.value.subnet].id
  destination_cidr_block = each.value.cidr
  transit_gateway_id     = var.hub_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.hub]
}

resource "aws_route" "public_to_internet" {
  for_each = merge(local.by_purpose["nat"], local.by_purpose["edge"])

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

# Answers from the internet pass the firewall again before they reach a spoke.
resource "aws_route" "nat_to_spoke" {
  for_each = { for k, r in local.spokes : k => r if var.subnets[r.subnet].purpose == "nat" }

  route_table_id         = aws_route_table.this[each.value.subnet].id
  destination_cidr_block = each.value.cidr
  vpc_endpoint_id        = var.inspect ? lookup(local.firewall_endpoint, local.zone_names[var.subnets[each.value.subnet].zone], values(local.firewall_endpoint)[0]) : null
  transit_gateway_id     = var.inspect ? null : var.hub_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.hub]
}

# The public load balancer reaches its origins and nothing else.
resource "aws_route" "edge_to_origin" {
  for_each = { for pair in setproduct(keys(local.by_purpose["edge"]), var.origins) : "${pair[0]} ${pair[1]}" => { subnet = pair[0], cidr = pair[1] } }

  route_table_id         = aws_route_table.this[each.value.subnet].id
  destination_cidr_block = each.value.cidr
  transit_gateway_id     = var.hub_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.hub]
}
