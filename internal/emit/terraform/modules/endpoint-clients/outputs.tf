output "zone_ids" {
  description = "Zones that the network is bound to, by service."
  value       = { for k, a in aws_route53_zone_association.this : k => a.zone_id }
}
