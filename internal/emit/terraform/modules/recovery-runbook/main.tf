# The failover, as something that runs: a document that asks a person first, and
# a state machine that brings stores and services up wave by wave, in the order
# in which they need one another. Everything it needs is in this region.

locals {
  numbers = sort(distinct([for t in values(var.things) : format("%03d", t.wave)]))

  waves = [for i, n in local.numbers : {
    name = "wave-${n}"
    next = i + 1 < length(local.numbers) ? "wave-${local.numbers[i + 1]}" : "done"
    what = join(", ", [for k, t in var.things : k if format("%03d", t.wave) == n])

    promote  = [for k, t in var.things : { store = split("/", k)[1], engine = t.engine } if format("%03d", t.wave) == n && t.engine != null]
    services = [for k, t in var.things : { service = split("/", k)[1], target_group = t.target_group } if format("%03d", t.wave) == n && t.target_group != null]
  }]

  # A store on machines is promoted by its playbook, which asks for a decision:
  # what was not copied yet is lost. The machine waits until somebody says that it
  # is done.
  promote = { for i, w in local.waves : i => [for s in w.promote : {
    StartAt = "promote-${s.store}"
    States = {
      "promote-${s.store}" = {
        Type     = "Task"
        Resource = "arn:aws:states:::sns:publish.waitForTaskToken"
        Parameters = {
          TopicArn    = var.topic_arn
          Subject     = "Promote ${s.store} in ${var.region}"
          "Message.$" = "States.Format('Run playbooks/${s.engine}/failover.yml for the store ${s.store} of ${var.environment} in ${var.region}, then: aws stepfunctions send-task-success --region ${var.region} --task-token {} --task-output null', $$.Task.Token)"
        }
        End = true
      }
    }
  }] }

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

  grow = [for name, c in var.clusters : {
    StartAt = "grow-${name}"
    States = {
      "grow-${name}" = {
        Type     = "Task"
        Resource = "arn:aws:states:::aws-sdk:eks:updateNodegroupConfig"
        Parameters = {
          ClusterName   = c.cluster
          NodegroupName = c.node_group
          ScalingConfig = { MinSize = c.nodes, DesiredSize = c.nodes, MaxSize = c.nodes * 2 }
        }
        Retry = [{ ErrorEquals = ["Eks.ResourceInUseException", "Eks.ServerException"], IntervalSeconds = 30, MaxAttempts = 10, BackoffRate = 1.5 }]
        End   = true
      }
    }
  }]

  definition = {
    Comment        = "Brings ${var.environment} up in ${var.region}, in the order in which things need one another"
    StartAt        = "capacity"
    TimeoutSeconds = var.rto_minutes * 60
    States = merge(
      {
        capacity = merge({ Type = length(local.grow) == 0 ? "Pass" : "Parallel", Next = local.waves[0].name }, [for b in [{ Branches = local.grow, ResultPath = null }] : b if length(local.grow) > 0]...)
        done     = { Type = "Succeed" }
      },
      { for i, w in local.waves : w.name => {
        Type       = "Parallel"
        Comment    = w.what
        ResultPath = null
        Next       = w.next
        # A wave of what brings itself up has nothing to wait for.
        Branches = concat(local.promote[i], local.services[i], length(w.promote) + length(w.services) > 0 ? [] : [{ StartAt = "nothing-to-do-${i + 1}", States = { "nothing-to-do-${i + 1}" = { Type = "Succeed" } } }])
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
      { Sid = "Grow", Effect = "Allow", Action = ["eks:UpdateNodegroupConfig", "eks:DescribeNodegroup"], Resource = "arn:aws:eks:${var.region}:${var.account_id}:nodegroup/*" },
      { Sid = "Ask", Effect = "Allow", Action = "sns:Publish", Resource = var.topic_arn },
      { Sid = "Log", Effect = "Allow", Action = ["logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"], Resource = "*" },
      { Sid = "Traces", Effect = "Allow", Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"], Resource = "*" },
      { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = [var.data_key_arn, var.topic_key_arn] },
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
