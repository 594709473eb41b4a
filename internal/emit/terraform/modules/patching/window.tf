# The windows, each with its stores, one after another by priority.

resource "aws_ssm_maintenance_window" "this" {
  for_each = var.windows

  name                       = "${var.name}-${each.key}"
  description                = each.value.description
  schedule                   = each.value.schedule
  schedule_timezone          = each.value.time_zone
  duration                   = each.value.hours
  cutoff                     = 1
  allow_unassociated_targets = false
  tags                       = { Name = "${var.name}-${each.key}" }
}

locals {
  # Machines by the tag that names what they are of. Nodes of clusters are not
  # among them: those are replaced, not patched.
  machines = { for key in distinct(flatten([for w in values(var.windows) : [for g in values(w.groups) : keys(g.tags)]])) :
    key => distinct(flatten([for w in values(var.windows) : [for g in values(w.groups) : g.tags[key] if contains(keys(g.tags), key)]]))
  }

  groups = merge([for w, v in var.windows : { for g, t in v.groups : "${w} ${g}" => merge(t, { window = w, group = g }) }]...)
}

resource "aws_ssm_maintenance_window_target" "this" {
  for_each = local.groups

  window_id     = aws_ssm_maintenance_window.this[each.value.window].id
  name          = each.value.group
  description   = "Machines of ${each.value.group}"
  resource_type = "INSTANCE"

  dynamic "targets" {
    for_each = each.value.tags

    content {
      key    = "tag:${targets.key}"
      values = [targets.value]
    }
  }
}

resource "aws_ssm_maintenance_window_task" "install" {
  for_each = local.groups

  window_id        = aws_ssm_maintenance_window.this[each.value.window].id
  name             = "install-${each.value.group}"
  description      = "Installs what is due on ${each.value.group}, one machine after another, and restarts none"
  task_type        = "RUN_COMMAND"
  task_arn         = "AWS-RunPatchBaseline"
  priority         = each.value.order * 2
  service_role_arn = aws_iam_role.window.arn
  max_concurrency  = each.value.quorum ? "1" : "25%"
  max_errors       = "0"
  cutoff_behavior  = "CONTINUE_TASK"

  targets {
    key    = "WindowTargetIds"
    values = [aws_ssm_maintenance_window_target.this[each.key].id]
  }

  task_invocation_parameters {
    run_command_parameters {
      comment          = "Patches of ${each.value.group}"
      service_role_arn = aws_iam_role.window.arn
      timeout_seconds  = 3600

      parameter {
        name   = "Operation"
        values = ["Install"]
      }

      parameter {
        name   = "RebootOption"
        values = ["NoReboot"]
      }

      cloudwatch_config {
        cloudwatch_log_group_name = aws_cloudwatch_log_group.window.name
        cloudwatch_output_enabled = true
      }
    }
  }
}

resource "aws_ssm_maintenance_window_task" "restart" {
  for_each = local.groups

  window_id        = aws_ssm_maintenance_window.this[each.value.window].id
  name             = "restart-${each.value.group}"
  description      = "Restarts the machines of ${each.value.group} that need it, the next one when the one before is well"
  task_type        = "AUTOMATION"
  task_arn         = aws_ssm_document.restart.name
  priority         = each.value.order * 2 + 1
  service_role_arn = aws_iam_role.window.arn
  max_concurrency  = "1"
  max_errors       = "0"
  cutoff_behavior  = "CANCEL_TASK"

  targets {
    key    = "WindowTargetIds"
    values = [aws_ssm_maintenance_window_target.this[each.key].id]
  }

  task_invocation_parameters {
    automation_parameters {
      document_version = "$DEFAULT"

      parameter {
        name   = "InstanceId"
        values = ["{{RESOURCE_ID}}"]
      }

      parameter {
        name   = "Health"
        values = [each.value.health]
      }

      parameter {
        name   = "AutomationAssumeRole"
        values = [aws_iam_role.window.arn]
      }
    }
  }
}

# One machine: does it need to, may it, did it come back, and are all members
# there again. Only then is the next one's turn.
resource "aws_ssm_document" "restart" {
  name            = "${var.name}-restart"
  document_type   = "Automation"
  document_format = "JSON"

  content = jsonencode({
    schemaVersion = "0.3"
    description   = "Restarts one machine of a store and waits until the store is whole."
    assumeRole    = "{{AutomationAssumeRole}}"
    parameters = {
      InstanceId           = { type = "AWS::EC2::Instance::Id", description = "The machine" }
      AutomationAssumeRole = { type = "AWS::IAM::Role::Arn", description = "The role that acts" }
      Health               = { type = "String", description = "Command that succeeds when the store is whole" }
    }
    mainSteps = [
      {
        name   = "WholeBefore", action = "aws:runCommand", timeoutSeconds = 900, onFailure = "Abort"
        inputs = { DocumentName = "AWS-RunShellScript", InstanceIds = ["{{InstanceId}}"], Parameters = { commands = ["set -eu", "{{Health}}"], executionTimeout = "600" } }
      },
      {
        name = "Needed", action = "aws:runCommand", timeoutSeconds = 300, onFailure = "Abort"
        inputs = { DocumentName = "AWS-RunShellScript", InstanceIds = ["{{InstanceId}}"], Parameters = {
          # needs-restarting fails when a library or the kernel waits for a restart.
          commands = ["set -u", "rm -f /var/tmp/restart-for-patches", "if [ -e /run/reboot-required ] || { command -v dnf >/dev/null && ! dnf -q needs-restarting -r >/dev/null 2>&1; }; then touch /var/tmp/restart-for-patches; fi"], executionTimeout = "240"
        } }
      },
      {
        # Systems Manager restarts a machine whose script ends with 194, and runs
        # the script again afterwards.
        name   = "Restart", action = "aws:runCommand", timeoutSeconds = 1200, onFailure = "Abort"
        inputs = { DocumentName = "AWS-RunShellScript", InstanceIds = ["{{InstanceId}}"], Parameters = { commands = ["if [ -e /var/tmp/restart-for-patches ]; then rm -f /var/tmp/restart-for-patches; exit 194; fi"], executionTimeout = "900" } }
      },
      {
        name   = "Well", action = "aws:waitForAwsResourceProperty", timeoutSeconds = 900, onFailure = "Abort"
        inputs = { Service = "ec2", Api = "DescribeInstanceStatus", InstanceIds = ["{{InstanceId}}"], PropertySelector = "$.InstanceStatuses[0].InstanceStatus.Status", DesiredValues = ["ok"] }
      },
      {
        name   = "WholeAfter", action = "aws:runCommand", timeoutSeconds = 1800, onFailure = "Abort", isEnd = true
        inputs = { DocumentName = "AWS-RunShellScript", InstanceIds = ["{{InstanceId}}"], Parameters = { commands = ["set -u", "for i in $(seq 60); do if {{Health}}; then exit 0; fi; sleep 20; done; exit 1"], executionTimeout = "1500" } }
      },
    ]
  })

  tags = { Name = "${var.name}-restart" }
}

resource "aws_cloudwatch_log_group" "window" {
  name              = "/${var.name}/patching"
  retention_in_days = 365
  kms_key_id        = var.log_key_arn
}

resource "aws_iam_role" "window" {
  name = var.role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ssm.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "window" {
  name = "patch"
  role = aws_iam_role.window.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["ec2:DescribeInstanceStatus", "ec2:DescribeInstances", "ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation", "ssm:ListCommands", "ssm:ListCommandInvocations", "ssm:GetAutomationExecution", "resource-groups:ListGroupResources", "tag:GetResources"]
        Resource = "*"
      },
      {
        Sid      = "Documents"
        Effect   = "Allow"
        Action   = ["ssm:SendCommand", "ssm:StartAutomationExecution"]
        Resource = ["arn:aws:ssm:${var.region}::document/AWS-RunPatchBaseline", "arn:aws:ssm:${var.region}::document/AWS-RunShellScript", aws_ssm_document.restart.arn, "arn:aws:ssm:${var.region}:${var.account_id}:automation-definition/${aws_ssm_document.restart.name}:*"]
      },
      {
        Sid       = "Machines"
        Effect    = "Allow"
        Action    = "ssm:SendCommand"
        Resource  = "arn:aws:ec2:${var.region}:${var.account_id}:instance/*"
        Condition = { StringEquals = { "aws:ResourceTag/paddock:env" = var.environment } }
      },
      {
        Sid       = "Itself"
        Effect    = "Allow"
        Action    = "iam:PassRole"
        Resource  = aws_iam_role.window.arn
        Condition = { StringEquals = { "iam:PassedToService" = "ssm.amazonaws.com" } }
      },
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
        Resource = "${aws_cloudwatch_log_group.window.arn}:*"
      },
    ]
  })
}
