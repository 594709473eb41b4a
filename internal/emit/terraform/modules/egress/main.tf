# The one way to the internet of a tier. Packets go hub -> firewall -> NAT ->
# internet, all in the zone where they came from, and answers the same way back,
# or a stateful firewall would drop them.

locals {
  zones = toset(var.zones)
}

resource "aws_vpc" "this" {
  cidr_block                           = var.cidr
  enable_dns_support                   = true
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = true

  tags = { Name = var.name }
}

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-closed" }
}

resource "aws_default_network_acl" "closed" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id
  tags                   = { Name = "${var.name}-default-closed" }

  lifecycle {
    ignore_changes = [subnet_ids]
  }
}

resource "aws_default_route_table" "closed" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []
  tags                   = { Name = "${var.name}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value.cidr
  availability_zone_id    = each.value.zone
  map_public_ip_on_launch = false

  tags = {
    Name              = "${var.name}-${each.key}"
    "paddock:purpose" = each.value.purpose
  }
}

# Public access is blocked in the whole account but for these.
resource "aws_vpc_block_public_access_exclusion" "public" {
  for_each = { for k, s in var.subnets : k => s if contains(["edge", "nat"], s.purpose) }

  subnet_id                       = aws_subnet.this[each.key].id
  internet_gateway_exclusion_mode = each.value.purpose == "nat" ? "allow-egress" : "allow-bidirectional"
  tags                            = { Name = "${var.name}-${each.key}" }
}

resource "aws_eip" "nat" {
  for_each = local.zones

  domain = "vpc"
  tags   = { Name = "${var.name}-nat-${each.key}" }
}

resource "aws_nat_gateway" "this" {
  for_each = local.zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = one([for k, s in var.subnets : aws_subnet.this[k].id if s.purpose == "nat" && s.zone == each.key])
  tags          = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_ec2_transit_gateway_vpc_attachment" "hub" {
  vpc_id                                          = aws_vpc.this.id
  transit_gateway_id                              = var.hub_id
  subnet_ids                                      = [for k, s in var.subnets : aws_subnet.this[k].id if s.purpose == "tgw"]
  dns_support                                     = "enable"
  security_group_referencing_support              = "disable"
  appliance_mode_support                          = "enable"
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false

  tags = { Name = var.name }
}

# The table for answers: one route for each spoke, written by the spoke's own
# root, and black holes for the rest. It never has a default route: that would
# let one environment reach another through here.
resource "aws_ec2_transit_gateway_route_table" "this" {
  transit_gateway_id = var.hub_id
  tags               = { Name = var.name }
}

resource "aws_ec2_transit_gateway_route_table_association" "this" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.hub.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this.id
}

resource "aws_ec2_transit_gateway_route" "blackhole" {
  for_each = var.blackholes

  destination_cidr_block         = each.key
  blackhole                      = true
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.this.id
}
