# Functions that keep house: each with a role of its own, a log with an end, a
# queue for calls that failed, and a clock. None of them may touch what is
# tagged as production, whatever its code says.

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-functions-dead"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.data_key_arn
  tags                      = { Name = "${var.name}-functions-dead" }
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyEncryptedConnections"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.dead.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "OnlyThisAccount"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = aws_sqs_queue.dead.arn
        Condition = { StringNotEquals = { "aws:PrincipalAccount" = var.account_id } }
      },
    ]
  })
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  alarm_name          = "${var.name}-functions-dead"
  alarm_description   = "A function was called and never succeeded. Runbook: read the message, look into the function's log, call it again with dryRun."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = var.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = 365
  kms_key_id        = var.log_key_arn
}

resource "aws_iam_role" "this" {
  for_each = var.functions

  name = each.value.role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = var.functions

  name = "work"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "${aws_cloudwatch_log_group.this[each.key].arn}:*"
        },
        {
          Sid      = "Traces"
          Effect   = "Allow"
          Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
          Resource = "*"
        },
        {
          Sid      = "Dead"
          Effect   = "Allow"
          Action   = "sqs:SendMessage"
          Resource = aws_sqs_queue.dead.arn
        },
        {
          Sid      = "Keys"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = var.data_key_arn
        },
      ],
      [for s in [{
        Sid      = "Look"
        Effect   = "Allow"
        Action   = each.value.reads
        Resource = "*"
      }] : s if length(each.value.reads) > 0],
      [for s in [{
        Sid      = "Tell"
        Effect   = "Allow"
        Action   = each.value.tells
        Resource = "*" # these calls know no resource
      }] : s if length(each.value.tells) > 0],
      [for s in [
        { Sid = "Buckets", Effect = "Allow", Action = ["s3:GetBucketPublicAccessBlock", "s3:GetBucketTagging", "s3:ListBucket"], Resource = each.value.buckets, Condition = { StringEquals = { "aws:ResourceAccount" = var.account_id } } },
        { Sid = "Objects", Effect = "Allow", Action = "s3:GetObject", Resource = [for b in each.value.buckets : "${b}/*"], Condition = { StringEquals = { "aws:ResourceAccount" = var.account_id } } },
      ] : s if length(each.value.buckets) > 0],
      # Changes only what carries the tag of this environment.
      [for s in [{
        Sid       = "Change"
        Effect    = "Allow"
        Action    = each.value.changes
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceTag/paddock:env" = var.environment } }
      }] : s if length(each.value.changes) > 0],
      # And never what carries production's, even if the line above were wrong.
      [for s in [{
        Sid       = "NeverProduction"
        Effect    = "Deny"
        NotAction = ["logs:*", "xray:*", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:ResourceTag/paddock:env" = var.production } }
      }] : s if length(each.value.changes) > 0 && length(var.production) > 0],
    )
  })
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = each.value.description
  role                           = aws_iam_role.this[each.key].arn
  runtime                        = "provided.al2023"
  architectures                  = ["arm64"]
  handler                        = "bootstrap"
  s3_bucket                      = var.bucket
  s3_key                         = "${local.signed}${aws_signer_signing_job.this[each.value.archive].job_id}.zip"
  code_signing_config_arn        = aws_lambda_code_signing_config.this.arn
  memory_size                    = each.value.memory_mib
  timeout                        = each.value.timeout_seconds
  reserved_concurrent_executions = each.value.concurrency
  kms_key_arn                    = var.data_key_arn

  environment {
    variables = each.value.settings
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead.arn
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this[each.key].name
    application_log_level = "INFO"
    system_log_level      = "INFO"
  }

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_iam_role_policy.this]
}

# A call that failed may have done half of its work. Every function looks before
# it acts, so that it can be called again.
resource "aws_lambda_function_event_invoke_config" "this" {
  for_each = var.functions

  function_name                = aws_lambda_function.this[each.key].function_name
  maximum_retry_attempts       = 1
  maximum_event_age_in_seconds = 3600
}

resource "aws_scheduler_schedule_group" "this" {
  name = "${var.name}-functions"
  tags = { Name = "${var.name}-functions" }
}

resource "aws_iam_role" "scheduler" {
  name = var.scheduler_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "scheduler" {
  name = "call"
  role = aws_iam_role.scheduler.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Call", Effect = "Allow", Action = "lambda:InvokeFunction", Resource = [for f in aws_lambda_function.this : f.arn] },
      { Sid = "Dead", Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.dead.arn },
      { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.data_key_arn },
    ]
  })
}

resource "aws_scheduler_schedule" "this" {
  for_each = merge([for f, v in var.functions : { for s, w in v.schedules : "${f}-${s}" => merge(w, { function = f }) }]...)

  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = each.value.description
  schedule_expression          = each.value.expression
  schedule_expression_timezone = each.value.time_zone
  kms_key_arn                  = var.data_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this[each.value.function].arn
    role_arn = aws_iam_role.scheduler.arn
    input    = each.value.input

    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 3
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = var.functions

  alarm_name          = "${var.name}-${each.key}-errors"
  alarm_description   = "${each.key} failed. Runbook: its log says at which resource; what was done before stays done, and the next call goes on from there."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this[each.key].function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
