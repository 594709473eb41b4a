# Names inside one environment. The zone is bound to that environment's networks
# and to no other.

resource "aws_route53_zone" "this" {
  name    = var.zone
  comment = "Names inside ${var.name}"

  vpc {
    vpc_id = var.vpc_id
  }

  lifecycle {
    # Further networks are bound below.
    ignore_changes  = [vpc]
    prevent_destroy = true
  }
}

resource "aws_route53_zone_association" "this" {
  for_each = var.more_vpc_ids

  zone_id = aws_route53_zone.this.zone_id
  vpc_id  = each.value
}

resource "aws_route53_record" "this" {
  for_each = var.records

  zone_id = aws_route53_zone.this.zone_id
  name    = each.key
  type    = each.value.type
  ttl     = each.value.ttl
  records = each.value.values
}
