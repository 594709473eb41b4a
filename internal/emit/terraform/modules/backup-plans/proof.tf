# Copies are worth what a restore proves: one of every kind is restored by
# machine, looked at, and thrown away.

resource "aws_backup_restore_testing_plan" "this" {
  count = var.restore_test == null ? 0 : 1

  name                         = var.restore_test.name
  schedule_expression          = var.restore_test.schedule
  schedule_expression_timezone = var.time_zone
  start_window_hours           = 4

  recovery_point_selection {
    algorithm             = "LATEST_WITHIN_WINDOW"
    include_vaults        = [var.vault_arn]
    recovery_point_types  = ["SNAPSHOT"]
    selection_window_days = 30
  }
}

resource "aws_backup_restore_testing_selection" "this" {
  for_each = var.restore_test == null ? {} : var.restore_test.types

  name                      = "${lower(each.key)}_${replace(var.environment, "-", "_")}"
  restore_testing_plan_name = aws_backup_restore_testing_plan.this[0].name
  protected_resource_type   = each.key
  protected_resource_arns   = ["*"]
  iam_role_arn              = aws_iam_role.this.arn
  # Long enough for the check to answer; then what was restored is deleted.
  validation_window_hours    = 4
  restore_metadata_overrides = each.value

  protected_resource_conditions {
    string_equals {
      key   = "aws:ResourceTag/paddock:env"
      value = var.environment
    }
  }
}

resource "aws_cloudwatch_event_rule" "restore" {
  count = var.restore_test == null ? 0 : 1

  name        = "${var.name}-restore-failed"
  description = "A restore did not end well, or what it made is not what was copied"

  event_pattern = jsonencode({
    source      = ["aws.backup"]
    detail-type = ["Restore Job State Change"]
    detail      = { status = ["FAILED", "ABORTED"] }
  })
}

resource "aws_cloudwatch_event_target" "restore" {
  count = var.restore_test == null ? 0 : 1

  rule = aws_cloudwatch_event_rule.restore[0].name
  arn  = var.topic_arn
}

resource "aws_backup_framework" "this" {
  name        = "${replace(var.name, "-", "_")}_copies"
  description = "What must hold for the copies of ${var.environment}"

  control {
    name = "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK"

    input_parameter {
      name  = "requiredFrequencyUnit"
      value = "days"
    }
    input_parameter {
      name  = "requiredFrequencyValue"
      value = "1"
    }
    input_parameter {
      name  = "requiredRetentionDays"
      value = tostring(var.lock.min_days)
    }
  }

  control {
    name = "BACKUP_RECOVERY_POINT_ENCRYPTED"
  }

  control {
    name = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
  }

  control {
    name = "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK"

    input_parameter {
      name  = "requiredRetentionDays"
      value = tostring(var.lock.min_days)
    }
  }

  control {
    name = "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN"

    scope {
      compliance_resource_ids   = []
      compliance_resource_types = ["EBS", "RDS", "S3"]
      tags                      = { "paddock:env" = var.environment }
    }
  }

  control {
    name = "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK"

    scope {
      compliance_resource_ids   = []
      compliance_resource_types = ["EBS", "RDS", "S3"]
      tags                      = { "paddock:env" = var.environment }
    }
  }

  dynamic "control" {
    for_each = length(var.copies) == 0 ? [] : [1]

    content {
      name = "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION"

      scope {
        compliance_resource_ids   = []
        compliance_resource_types = ["EBS", "S3"]
        tags                      = { "paddock:env" = var.environment }
      }
    }
  }

  control {
    name = "BACKUP_LAST_RECOVERY_POINT_CREATED"

    input_parameter {
      name  = "recoveryPointAgeUnit"
      value = "days"
    }
    input_parameter {
      name  = "recoveryPointAgeValue"
      value = "1"
    }

    scope {
      compliance_resource_ids   = []
      compliance_resource_types = ["EBS", "RDS", "S3"]
      tags                      = { "paddock:env" = var.environment }
    }
  }

  dynamic "control" {
    for_each = var.restore_minutes == null ? [] : [var.restore_minutes]

    content {
      name = "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"

      input_parameter {
        name  = "maxRestoreTime"
        value = tostring(control.value)
      }

      scope {
        compliance_resource_ids   = []
        compliance_resource_types = ["EBS", "S3"]
        tags                      = { "paddock:env" = var.environment }
      }
    }
  }
}

resource "aws_backup_report_plan" "this" {
  for_each = toset(["BACKUP_JOB_REPORT", "COPY_JOB_REPORT", "RESTORE_JOB_REPORT", "CONTROL_COMPLIANCE_REPORT"])

  name        = "${replace(var.name, "-", "_")}_${lower(each.key)}"
  description = "Every day, for auditors"

  report_delivery_channel {
    s3_bucket_name = module.reports.name
    s3_key_prefix  = lower(each.key)
    formats        = ["CSV", "JSON"]
  }

  report_setting {
    report_template      = each.key
    framework_arns       = each.key == "CONTROL_COMPLIANCE_REPORT" ? [aws_backup_framework.this.arn] : null
    number_of_frameworks = each.key == "CONTROL_COMPLIANCE_REPORT" ? 1 : null
  }

  depends_on = [module.reports]
}
