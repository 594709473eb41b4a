# The hubs of two regions, joined for copies of data and nothing else. Routes
# over a peering are static by nature.

data "aws_region" "peer" {
  provider = aws.peer
}

resource "aws_ec2_transit_gateway_peering_attachment" "this" {
  transit_gateway_id      = var.hub_id
  peer_transit_gateway_id = var.peer_hub_id
  peer_region             = data.aws_region.peer.region

  tags = { Name = var.name }
}

resource "aws_ec2_transit_gateway_peering_attachment_accepter" "this" {
  provider = aws.peer

  transit_gateway_attachment_id = aws_ec2_transit_gateway_peering_attachment.this.id
  tags                          = { Name = var.name }
}

# A table on either side: what arrives from the other region reaches the ranges
# that were given, and falls into a black hole otherwise.
resource "aws_ec2_transit_gateway_route_table" "here" {
  transit_gateway_id = var.hub_id
  tags               = { Name = var.name }
}

resource "aws_ec2_transit_gateway_route_table" "there" {
  provider = aws.peer

  transit_gateway_id = var.peer_hub_id
  tags               = { Name = var.name }
}

resource "aws_ec2_transit_gateway_route_table_association" "here" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_peering_attachment.this.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.here.id

  depends_on = [aws_ec2_transit_gateway_peering_attachment_accepter.this]
}

resource "aws_ec2_transit_gateway_route_table_association" "there" {
  provider = aws.peer

  transit_gateway_attachment_id  = aws_ec2_transit_gateway_peering_attachment_accepter.this.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.there.id
}

resource "aws_ec2_transit_gateway_route" "blackhole_here" {
  for_each = var.blackholes

  destination_cidr_block         = each.key
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.here.id
}

resource "aws_ec2_transit_gateway_route" "blackhole_there" {
  provider = aws.peer
  for_each = var.blackholes

  destination_cidr_block         = each.key
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.there.id
}
