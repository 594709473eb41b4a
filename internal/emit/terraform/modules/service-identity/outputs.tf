output "role_arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn
}

output "instance_profile" {
  description = "Profile of the machines; null for pods."
  value       = one(aws_iam_instance_profile.this[*].name)
}
