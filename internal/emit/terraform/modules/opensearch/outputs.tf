output "arn" {
  description = "ARN of the domain."
  value       = aws_opensearch_domain.this.arn
}

output "endpoint" {
  description = "Host of the domain."
  value       = aws_opensearch_domain.this.endpoint
}
