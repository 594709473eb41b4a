output "role_arn" {
  description = "ARN of the role that makes copies and restores them."
  value       = aws_iam_role.this.arn
}

output "plan_ids" {
  description = "Ids of the plans by class."
  value       = { for k, p in aws_backup_plan.this : k => p.id }
}
