# A network that uses the endpoints of another one: they let it in, and it knows
# their names. What it may ask of them is said by their policies.

data "aws_security_group" "endpoints" {
  provider = aws.owner

  tags = { Name = "${var.owner}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  provider = aws.owner

  security_group_id = data.aws_security_group.endpoints.id
  description       = "AWS APIs from ${var.name}"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

data "aws_route53_zone" "this" {
  for_each = var.zones
  provider = aws.owner

  name         = each.value
  private_zone = true
}

# The owner of a zone allows it, the owner of the network does it.
resource "aws_route53_vpc_association_authorization" "this" {
  for_each = var.authorize ? var.zones : {}
  provider = aws.owner

  zone_id = data.aws_route53_zone.this[each.key].zone_id
  vpc_id  = var.vpc_id
}

resource "aws_route53_zone_association" "this" {
  for_each = var.zones

  zone_id = data.aws_route53_zone.this[each.key].zone_id
  vpc_id  = var.vpc_id

  depends_on = [aws_route53_vpc_association_authorization.this]
}
