output "group_ids" {
  description = "Groups by name, for those who put people into them."
  value       = { for k, g in aws_identitystore_group.this : k => g.group_id }
}
