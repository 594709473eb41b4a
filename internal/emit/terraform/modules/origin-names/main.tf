# A name for the public load balancer of each region, by which the content
# network and its failover find them. Visitors never see these names: without
# the content network's secret the load balancers refuse everybody.

resource "aws_route53_record" "this" {
  for_each = var.balancers

  zone_id = var.zone_id
  name    = each.key
  type    = "A"

  alias {
    name                   = each.value.dns_name
    zone_id                = each.value.zone_id
    evaluate_target_health = true
  }
}
