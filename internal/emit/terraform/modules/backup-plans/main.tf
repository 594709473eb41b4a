# When copies are made, of what, where they go and how long they stay. Rules
# whose copies would not fit the locks of their vaults do not pass the plan:
# AWS would accept them and fail every night.

resource "aws_iam_role" "this" {
  name = var.role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset([
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
  ])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

# What may be copied at all in this region: a type that is off is passed over
# without a word.
resource "aws_backup_region_settings" "this" {
  count = var.region_settings ? 1 : 0

  resource_type_opt_in_preference = {
    for t in ["Aurora", "CloudFormation", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "EKS", "FSx", "Neptune", "RDS", "Redshift", "S3", "SAP HANA on Amazon EC2", "Storage Gateway", "Timestream", "VirtualMachine"] :
    t => contains(var.resource_types, t)
  }
}

resource "aws_backup_plan" "this" {
  for_each = var.classes

  name = "${var.name}-${each.key}"
  tags = { Name = "${var.name}-${each.key}" }

  dynamic "rule" {
    for_each = each.value.rules

    content {
      rule_name                    = rule.key
      target_vault_name            = var.vault_name
      schedule                     = rule.value.schedule
      schedule_expression_timezone = var.time_zone
      start_window                 = 60
      completion_window            = rule.value.completion_minutes
      enable_continuous_backup     = rule.value.continuous
      recovery_point_tags          = { "paddock:env" = var.environment, "paddock:backup" = each.key }

      lifecycle {
        delete_after                              = rule.value.keep_days
        cold_storage_after                        = rule.value.cold_after_days
        opt_in_to_archive_for_supported_resources = rule.value.cold_after_days != null
      }

      dynamic "copy_action" {
        for_each = rule.value.copy ? var.copies : {}

        content {
          destination_vault_arn = copy_action.value.vault_arn

          lifecycle {
            delete_after                              = rule.value.keep_days
            opt_in_to_archive_for_supported_resources = false
          }
        }
      }
    }
  }
}

# Several tags would be joined by or; conditions are joined by and. What is
# selected is this environment's, of this class, and no system disk: those are
# made again by Ansible.
resource "aws_backup_selection" "this" {
  for_each = var.classes

  name         = each.key
  plan_id      = aws_backup_plan.this[each.key].id
  iam_role_arn = aws_iam_role.this.arn
  resources    = each.value.resources

  condition {
    string_equals {
      key   = "aws:ResourceTag/paddock:env"
      value = var.environment
    }

    string_like {
      key   = "aws:ResourceTag/paddock:backup"
      value = each.value.match
    }

    string_not_equals {
      key   = "aws:ResourceTag/paddock:backup"
      value = "none"
    }

    string_not_like {
      key   = "aws:ResourceTag/Name"
      value = "*-root"
    }
  }
}
