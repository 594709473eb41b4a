# Who looks after security for all accounts, said once in each region: GuardDuty,
# Security Hub and Inspector are services of a region.

resource "aws_guardduty_organization_admin_account" "this" {
  admin_account_id = var.account_id
}

resource "aws_securityhub_organization_admin_account" "this" {
  admin_account_id = var.account_id
}

resource "aws_inspector2_delegated_admin_account" "this" {
  account_id = var.account_id
}
