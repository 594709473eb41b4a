# A network of another account that knows the names of private zones. The owner
# of a zone allows it, the owner of the network does it.

resource "aws_route53_vpc_association_authorization" "this" {
  for_each = var.authorize ? var.zone_ids : {}

  zone_id = each.value
  vpc_id  = var.vpc_id
}

resource "aws_route53_zone_association" "this" {
  for_each = var.zone_ids
  provider = aws.network

  zone_id = each.value
  vpc_id  = var.vpc_id

  depends_on = [aws_route53_vpc_association_authorization.this]
}
