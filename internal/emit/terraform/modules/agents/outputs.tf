output "role_arns" {
  description = "Roles of the agents by side."
  value       = { for k, r in aws_iam_role.this : k => r.arn }
}
