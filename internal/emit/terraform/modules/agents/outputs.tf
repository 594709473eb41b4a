output "role_arns" {
  description = "Roles of the agents by side."
  value       = { for k, r in aws_iam_role.this : k => r.arn }
}

output "instance_profiles" {
  description = "Profiles of the agents' machines by side."
  value       = { for k, p in aws_iam_instance_profile.this : k => p.name }
}
