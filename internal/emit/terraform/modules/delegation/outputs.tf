output "account_id" {
  description = "Number of the account, known once it looks after security."
  value       = aws_guardduty_organization_admin_account.this.admin_account_id
}
