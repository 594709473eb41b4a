output "security_group_id" {
  description = "Security group of the store."
  value       = aws_security_group.this.id
}

output "instance_profile" {
  description = "Instance profile of the machines; null without machines."
  value       = one(aws_iam_instance_profile.this[*].name)
}

output "secret_arns" {
  description = "ARNs of the secrets by name."
  value       = { for k, s in aws_secretsmanager_secret.this : k => s.arn }
}
