output "arns" {
  description = "ARNs of the topics by severity."
  value       = { for k, t in aws_sns_topic.this : k => t.arn }
}
