# The organization: accounts that never share keys, roles or networks, and
# bounds that even an account's administrator cannot lift.

resource "aws_organizations_organization" "this" {
  feature_set = "ALL"

  enabled_policy_types = [
    "SERVICE_CONTROL_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "TAG_POLICY",
    "BACKUP_POLICY",
  ]

  aws_service_access_principals = [
    "access-analyzer.amazonaws.com",
    "account.amazonaws.com",
    "backup.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "guardduty.amazonaws.com",
    "inspector2.amazonaws.com",
    "ram.amazonaws.com",
    "securityhub.amazonaws.com",
    "sso.amazonaws.com",
    "tagpolicies.tag.amazonaws.com",
  ]

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_organizations_organizational_unit" "top" {
  for_each = toset(["Security", "Infrastructure", "Workloads", "Suspended"])

  name      = each.key
  parent_id = aws_organizations_organization.this.roots[0].id
}

resource "aws_organizations_organizational_unit" "workloads" {
  for_each = toset(["NonProd", "Prod"])

  name      = each.key
  parent_id = aws_organizations_organizational_unit.top["Workloads"].id
}

locals {
  units = merge(
    { for k, u in aws_organizations_organizational_unit.top : k => u.id },
    { for k, u in aws_organizations_organizational_unit.workloads : "Workloads/${k}" => u.id },
  )
}

resource "aws_organizations_account" "this" {
  for_each = var.accounts

  name                       = each.key
  email                      = each.value.mail
  parent_id                  = local.units[each.value.unit]
  close_on_deletion          = false
  iam_user_access_to_billing = "DENY"

  lifecycle {
    prevent_destroy = true
    # AWS tells neither after creation.
    ignore_changes = [iam_user_access_to_billing, role_name]
  }
}

resource "aws_organizations_policy" "service_control" {
  for_each = local.service_control

  name        = each.key
  description = each.value.description
  type        = "SERVICE_CONTROL_POLICY"
  content     = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_organizations_policy_attachment" "service_control" {
  for_each = merge([
    for name, p in local.service_control : { for unit in p.units : "${name} ${unit}" => { policy = name, unit = unit } }
  ]...)

  policy_id = aws_organizations_policy.service_control[each.value.policy].id
  target_id = local.units[each.value.unit]
}

resource "aws_organizations_policy" "resource_control" {
  name        = "only-the-organization"
  description = "Buckets, keys, queues, secrets and roles answer principals of the organization and services of AWS only"
  type        = "RESOURCE_CONTROL_POLICY"

  content = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTheOrganization"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:*", "kms:*", "sqs:*", "secretsmanager:*", "sts:AssumeRole"]
        Resource  = "*"
        Condition = {
          StringNotEqualsIfExists = { "aws:PrincipalOrgID" = aws_organizations_organization.this.id }
          BoolIfExists            = { "aws:PrincipalIsAWSService" = "false" }
        }
      },
      # A service of AWS that somebody else talked into asking.
      {
        Sid       = "OnlyForTheOrganization"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:*", "kms:*", "sqs:*", "secretsmanager:*", "sts:AssumeRole"]
        Resource  = "*"
        Condition = {
          StringNotEqualsIfExists = { "aws:SourceOrgID" = aws_organizations_organization.this.id }
          Null                    = { "aws:SourceAccount" = "false" }
          Bool                    = { "aws:PrincipalIsAWSService" = "true" }
        }
      },
    ]
  })
}

resource "aws_organizations_policy_attachment" "resource_control" {
  for_each = toset(["Security", "Infrastructure", "Workloads"])

  policy_id = aws_organizations_policy.resource_control.id
  target_id = local.units[each.key]
}

resource "aws_organizations_policy" "tags" {
  name = "tags"
  type = "TAG_POLICY"

  content = jsonencode({
    tags = {
      for key in ["paddock:env", "paddock:platform", "paddock:tier"] :
      key => { tag_key = { "@@assign" = key } }
    }
  })
}

resource "aws_organizations_policy_attachment" "tags" {
  policy_id = aws_organizations_policy.tags.id
  target_id = aws_organizations_organization.this.roots[0].id
}

# Who looks after security for all.
resource "aws_organizations_delegated_administrator" "this" {
  for_each = var.delegated

  account_id        = aws_organizations_account.this[each.value].id
  service_principal = each.key
}

resource "aws_cloudtrail_organization_delegated_admin_account" "this" {
  account_id = aws_organizations_account.this[var.security_account].id
}

resource "aws_ram_sharing_with_organization" "this" {}
