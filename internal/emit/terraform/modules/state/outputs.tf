output "bucket" {
  description = "Name of the bucket."
  value       = module.bucket.name
}

output "apply_role_arns" {
  description = "Roles that apply, by layer."
  value       = { for k, r in aws_iam_role.apply : k => r.arn }
}
