# What one network reaches through the hub. Longest prefix wins: the routes are
# the only exceptions from the black holes, which cover every private address.

resource "aws_ec2_transit_gateway_vpc_attachment_accepter" "this" {
  count = var.accept ? 1 : 0

  transit_gateway_attachment_id                   = var.attachment_id
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false

  tags = { Name = var.name }
}

resource "aws_ec2_transit_gateway_route_table" "this" {
  transit_gateway_id = var.hub_id
  tags               = { Name = var.name }
}

resource "aws_ec2_transit_gateway_route_table_association" "this" {
  transit_gateway_attachment_id  = var.accept ? aws_ec2_transit_gateway_vpc_attachment_accepter.this[0].id : var.attachment_id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this.id
}

resource "aws_ec2_transit_gateway_route" "neighbour" {
  for_each = var.routes

  destination_cidr_block         = each.key
  transit_gateway_attachment_id  = each.value
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this.id
}

resource "aws_ec2_transit_gateway_route" "blackhole" {
  for_each = var.blackholes

  destination_cidr_block         = each.key
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this.id
}

# The way back: every network that this one reaches gets a route to it, or
# answers would be lost and look like packet loss.
resource "aws_ec2_transit_gateway_route" "back" {
  for_each = var.back

  destination_cidr_block         = each.value.cidr
  transit_gateway_attachment_id  = var.accept ? aws_ec2_transit_gateway_vpc_attachment_accepter.this[0].id : var.attachment_id
  transit_gateway_route_table_id = each.value.table_id
}
