output "arn" {
  description = "ARN of the trail."
  value       = aws_cloudtrail.this.arn
}

output "log_group" {
  description = "Log group with the events of the last year."
  value       = aws_cloudwatch_log_group.this.name
}
