# The failover, as something that runs. A document that a person starts asks
# others first, promotes stores by documents of their own, one for each engine,
# and starts a state machine that waits until services are healthy, wave by
# wave, in the order in which they need one another. Everything it needs is in
# this region.

locals {
  numbers = sort(distinct([for t in values(var.things) : format("%03d", t.wave)]))

  waves = [for i, n in local.numbers : {
    name = "wave-${n}"
    next = i + 1 < length(local.numbers) ? "wave-${local.numbers[i + 1]}" : "done"
    what = join(", ", [for k, t in var.things : k if format("%03d", t.wave) == n])

    services = [for k, t in var.things : { service = split("/", k)[1], target_group = t.target_group } if format("%03d", t.wave) == n && t.target_group != null]
  }]

  # A service with a load balancer is up when one of its targets is; more come
  # with the load.
  services = { for i, w in local.waves : i => [for s in w.services : {
    StartAt = "find-${s.service}"
    States = {
      "find-${s.service}" = {
        Type           = "Task"
        Resource       = "arn:aws:states:::aws-sdk:elasticloadbalancingv2:describeTargetGroups"
        Parameters     = { Names = [s.target_group] }
        ResultSelector = { "Arn.$" = "$.TargetGroups[0].TargetGroupArn" }
        Retry          = [{ ErrorEquals = ["States.ALL"], IntervalSeconds = 10, MaxAttempts = 5, BackoffRate = 2 }]
        Next           = "wait-${s.service}"
      }
      "wait-${s.service}" = { Type = "Wait", Seconds = 20, Next = "ask-${s.service}" }
      "ask-${s.service}" = {
        Type           = "Task"
        Resource       = "arn:aws:states:::aws-sdk:elasticloadbalancingv2:describeTargetHealth"
        Parameters     = { "TargetGroupArn.$" = "$.Arn" }
        ResultSelector = { "Healthy.$" = "$.TargetHealthDescriptions[?(@.TargetHealth.State=='healthy')]" }
        ResultPath     = "$.Health"
        Next           = "count-${s.service}"
      }
      "count-${s.service}" = {
        Type       = "Pass"
        Parameters = { "Arn.$" = "$.Arn", "Healthy.$" = "States.ArrayLength($.Health.Healthy)" }
        Next       = "is-${s.service}"
      }
      "is-${s.service}" = {
        Type    = "Choice"
        Choices = [{ Variable = "$.Healthy", NumericGreaterThanEquals = 1, Next = "has-${s.service}" }]
        Default = "wait-${s.service}"
      }
      "has-${s.service}" = { Type = "Succeed" }
    }
  }] }

  definition = {
    Comment        = "Waits until the services of ${var.environment} are up in ${var.region}, in the order in which they need one another"
    StartAt        = local.waves[0].name
    TimeoutSeconds = var.rto_minutes * 60
    States = merge(
      { done = { Type = "Succeed" } },
      { for i, w in local.waves : w.name => {
        Type       = "Parallel"
        Comment    = w.what
        ResultPath = null
        Next       = w.next
        # A wave of what brings itself up has nothing to wait for.
        Branches = concat(local.services[i], length(w.services) > 0 ? [] : [{ StartAt = "nothing-to-do-${i + 1}", States = { "nothing-to-do-${i + 1}" = { Type = "Succeed" } } }])
      } },
    )
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = 365
  kms_key_id        = var.log_key_arn
}

resource "aws_iam_role" "machine" {
  name = var.machine_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "machine" {
  name = "recover"
  role = aws_iam_role.machine.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Look", Effect = "Allow", Action = ["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"], Resource = "*" },
      { Sid = "Log", Effect = "Allow", Action = ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], Resource = "*" },
      { Sid = "Traces", Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"], Resource = "*" },
      { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.data_key_arn },
    ]
  })
}

resource "aws_sfn_state_machine" "this" {
  name       = var.name
  type       = "STANDARD"
  role_arn   = aws_iam_role.machine.arn
  definition = jsonencode(local.definition)

  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = var.data_key_arn
    kms_data_key_reuse_period_seconds = 900
  }

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.this.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  tags = { Name = var.name }

  depends_on = [aws_iam_role_policy.machine]
}
