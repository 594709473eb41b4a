output "zone_id" {
  description = "Id of the zone."
  value       = aws_route53_zone.this.zone_id
}
