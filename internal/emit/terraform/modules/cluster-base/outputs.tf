output "role_arns" {
  description = "Roles of the controllers, by what they do."
  value       = { for k, r in aws_iam_role.this : k => r.arn }
}

output "versions" {
  description = "Charts with their versions."
  value       = var.chart_versions
}
