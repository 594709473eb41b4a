output "id" {
  description = "Id of the organization."
  value       = aws_organizations_organization.this.id
}

output "account_ids" {
  description = "Numbers of the accounts by name."
  value       = { for k, a in aws_organizations_account.this : k => a.id }
}
