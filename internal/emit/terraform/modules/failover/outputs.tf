output "health_check_id" {
  description = "Id of the check of the primary region. Inverted, it sends names away by hand."
  value       = aws_route53_health_check.region.id
}
