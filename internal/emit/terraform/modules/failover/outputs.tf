output "health_check_id" {
  description = "Id of the check of the primary region. Where Route 53 has the names, they go away by hand when it is inverted."
  value       = aws_route53_health_check.region.id
}
