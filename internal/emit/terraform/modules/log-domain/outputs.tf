output "destination_arn" {
  description = "Where accounts of the tier send their log groups."
  value       = aws_cloudwatch_log_destination.this.arn
}

output "endpoint" {
  description = "Host of the domain."
  value       = module.domain.endpoint
}
