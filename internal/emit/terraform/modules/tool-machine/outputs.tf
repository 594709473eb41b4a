output "role_arn" {
  description = "ARN of the machine's role."
  value       = aws_iam_role.this.arn
}

output "security_group_id" {
  description = "Security group of the machine."
  value       = aws_security_group.this.id
}
