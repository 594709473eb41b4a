# One VPC that fails closed: what nobody bound explicitly has no routes, no
# rules and no way in or out.

locals {
  purposes = toset([for s in var.subnets : s.purpose])
}

resource "aws_vpc" "this" {
  cidr_block                           = var.cidr
  enable_dns_support                   = true
  enable_dns_hostnames                 = true
  enable_network_address_usage_metrics = true

  tags = merge(var.tags, { Name = var.name })
}

# The defaults of the VPC are taken over and emptied.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-closed" }
}

resource "aws_default_network_acl" "closed" {
  default_network_acl_id = aws_vpc.this.default_network_acl_id
  tags                   = { Name = "${var.name}-default-closed" }

  lifecycle {
    # Subnets move to lists of their own; the default never gets them back.
    ignore_changes = [subnet_ids]
  }
}

resource "aws_default_route_table" "closed" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []
  tags                   = { Name = "${var.name}-default-closed" }
}

resource "aws_subnet" "this" {
  for_each = var.subnets

  vpc_id                  = aws_vpc.this.id
  cidr_block              = each.value.cidr
  availability_zone_id    = each.value.zone
  map_public_ip_on_launch = false

  tags = merge(
    var.tags,
    {
      Name              = "${var.name}-${each.key}"
      "paddock:purpose" = each.value.purpose
    },
    # Internal load balancers may use these. The tag for public ones exists in
    # no workload VPC, so that no controller can pick a subnet for one.
    each.value.purpose == "lb" ? { "kubernetes.io/role/internal-elb" = "1" } : {},
    each.value.purpose == "pods" && var.cluster != null ? { "karpenter.sh/discovery" = var.cluster } : {},
  )
}

# One route table for each purpose: next hops are the same in every zone, since
# the transit gateway is in all of them.
resource "aws_route_table" "this" {
  for_each = local.purposes

  vpc_id = aws_vpc.this.id
  tags   = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_route_table_association" "this" {
  for_each = var.subnets

  subnet_id      = aws_subnet.this[each.key].id
  route_table_id = aws_route_table.this[each.value.purpose].id
}

resource "aws_ec2_transit_gateway_vpc_attachment" "hub" {
  vpc_id                                          = aws_vpc.this.id
  transit_gateway_id                              = var.hub_id
  subnet_ids                                      = [for k, s in var.subnets : aws_subnet.this[k].id if s.purpose == "tgw"]
  dns_support                                     = "enable"
  security_group_referencing_support              = "disable"
  appliance_mode_support                          = "disable"
  transit_gateway_default_route_table_association = false
  transit_gateway_default_route_table_propagation = false

  tags = merge(var.tags, { Name = var.name })
}

# Purposes that may leave the VPC. What lies behind is decided by the hub's
# table for this VPC and by the firewall.
resource "aws_route" "hub" {
  for_each = setintersection(local.purposes, var.routed)

  route_table_id         = aws_route_table.this[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  transit_gateway_id     = var.hub_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.hub]
}

# Data subnets have no default route, only the ways back to their clients.
resource "aws_route" "clients" {
  for_each = { for r in var.routes : "${r.purpose} ${r.cidr}" => r }

  route_table_id         = aws_route_table.this[each.value.purpose].id
  destination_cidr_block = each.value.cidr
  transit_gateway_id     = var.hub_id

  depends_on = [aws_ec2_transit_gateway_vpc_attachment.hub]
}

locals {
  inside = {
    Sid       = "OurPrincipalsOurThings"
    Effect    = "Allow"
    Principal = "*"
    Action    = "*"
    Resource  = "*"
    Condition = {
      StringEquals = merge(
        { "aws:PrincipalOrgID" = var.organization_id, "aws:ResourceOrgID" = var.organization_id },
        var.account_id == null ? {} : { "aws:PrincipalAccount" = var.account_id },
      )
    }
  }

  # Buckets of AWS that nodes read: image layers, patches, packages.
  amazon = {
    Sid       = "BucketsOfAmazon"
    Effect    = "Allow"
    Principal = "*"
    Action    = "s3:GetObject"
    Resource = [
      "arn:aws:s3:::prod-${var.region}-starport-layer-bucket/*",
      "arn:aws:s3:::patch-baseline-snapshot-${var.region}/*",
      "arn:aws:s3:::aws-ssm-${var.region}/*",
      "arn:aws:s3:::amazon-ssm-${var.region}/*",
      "arn:aws:s3:::al2023-repos-${var.region}-de612dc2/*",
    ]
  }

  gateway_policies = {
    s3       = jsonencode({ Version = "2012-10-17", Statement = [local.inside, local.amazon] })
    dynamodb = jsonencode({ Version = "2012-10-17", Statement = [local.inside] })
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["s3", "dynamodb"])

  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for t in aws_route_table.this : t.id]
  policy            = local.gateway_policies[each.key]

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
