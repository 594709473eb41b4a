# Which patches are taken, after how many days, and when. Machines that keep a
# quorum are patched one after another, and restarted one after another once
# the one before is well again: never two at once.

resource "aws_ssm_patch_baseline" "this" {
  for_each = var.systems

  name             = "${var.name}-${lower(replace(each.key, "_", "-"))}"
  description      = "Patches of ${each.key}, ${var.approve_after_days} days after they appear"
  operating_system = each.key

  # What the engines' own packages do to a running cluster is decided by
  # playbooks, not by the calendar.
  rejected_patches        = var.rejected_patches
  rejected_patches_action = "BLOCK"

  approved_patches_compliance_level            = "HIGH"
  available_security_updates_compliance_status = "NON_COMPLIANT"

  dynamic "approval_rule" {
    for_each = each.value

    content {
      approve_after_days  = approval_rule.value.at_once ? 0 : var.approve_after_days
      compliance_level    = approval_rule.value.level
      enable_non_security = approval_rule.value.non_security

      dynamic "patch_filter" {
        for_each = approval_rule.value.filters

        content {
          key    = patch_filter.key
          values = patch_filter.value
        }
      }
    }
  }

  tags = { Name = "${var.name}-${lower(replace(each.key, "_", "-"))}" }
}

resource "aws_ssm_default_patch_baseline" "this" {
  for_each = var.systems

  baseline_id      = aws_ssm_patch_baseline.this[each.key].id
  operating_system = each.key
}

# Looked at every day, everywhere; installed only in the window.
resource "aws_ssm_association" "scan" {
  for_each = local.machines

  name                        = "AWS-RunPatchBaseline"
  association_name            = "${var.name}-scan-${replace(each.key, ":", "-")}"
  schedule_expression         = var.scan_schedule
  apply_only_at_cron_interval = false
  compliance_severity         = "HIGH"
  max_concurrency             = "25%"
  max_errors                  = "25%"

  parameters = {
    Operation    = "Scan"
    RebootOption = "NoReboot"
  }

  targets {
    key    = "tag:${each.key}"
    values = each.value
  }
}

resource "aws_ssm_association" "inventory" {
  name                        = "AWS-GatherSoftwareInventory"
  association_name            = "${var.name}-inventory"
  schedule_expression         = "rate(12 hours)"
  apply_only_at_cron_interval = false
  compliance_severity         = "MEDIUM"

  parameters = {
    applications                = "Enabled"
    awsComponents               = "Enabled"
    instanceDetailedInformation = "Enabled"
    networkConfig               = "Enabled"
    services                    = "Enabled"
  }

  targets {
    key    = "InstanceIds"
    values = ["*"]
  }
}

resource "aws_ssm_association" "agent" {
  for_each = local.machines

  name                        = "AWS-UpdateSSMAgent"
  association_name            = "${var.name}-agent-${replace(each.key, ":", "-")}"
  schedule_expression         = "rate(14 days)"
  apply_only_at_cron_interval = false
  compliance_severity         = "MEDIUM"
  max_concurrency             = "1"
  max_errors                  = "0"

  targets {
    key    = "tag:${each.key}"
    values = each.value
  }
}

# People hear of machines that lack patches and of windows that went wrong.
resource "aws_cloudwatch_event_rule" "failed" {
  name        = "${var.name}-patching-failed"
  description = "A maintenance window did not end well"

  event_pattern = jsonencode({
    source      = ["aws.ssm"]
    detail-type = ["Maintenance Window Execution State-change Notification"]
    detail      = { status = ["FAILED", "TIMED_OUT", "CANCELLED"] }
  })
}

resource "aws_cloudwatch_event_target" "failed" {
  rule = aws_cloudwatch_event_rule.failed.name
  arn  = var.topic_arn
}

resource "aws_cloudwatch_event_rule" "compliance" {
  name        = "${var.name}-patches-missing"
  description = "A machine lacks a patch that is due"

  event_pattern = jsonencode({
    source      = ["aws.ssm"]
    detail-type = ["Configuration Compliance State Change"]
    detail      = { compliance-type = ["Patch"], compliance-status = ["non_compliant"] }
  })
}

resource "aws_cloudwatch_event_target" "compliance" {
  rule = aws_cloudwatch_event_rule.compliance.name
  arn  = var.topic_arn
}
