output "log_group" {
  description = "Name of the log group of the sessions."
  value       = aws_cloudwatch_log_group.this.name
}
