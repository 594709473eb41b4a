output "zone_id" {
  description = "Id of the zone."
  value       = aws_route53_zone.this.zone_id
}

output "name_servers" {
  description = "Name servers that the registrar must be told."
  value       = aws_route53_zone.this.name_servers
}
