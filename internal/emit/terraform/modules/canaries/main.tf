# Programs that ask every public route as a customer does, from outside, every
# five minutes. What they saw is kept for a month in a bucket of its own.

data "archive_file" "script" {
  type        = "zip"
  output_path = "${path.root}/.terraform/canary-${var.name}.zip"

  source {
    filename = "nodejs/node_modules/index.js"
    content  = file("${path.module}/index.js")
  }
}

module "bucket" {
  source = "../bucket"

  bucket            = var.bucket
  kms_key_arn       = var.kms_key_arn
  access_log_bucket = var.access_log_bucket
  keep              = { days = 31, versions_days = 1 }
}

resource "aws_iam_role" "this" {
  name = var.role_name

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
  name = "own"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Artefacts"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetBucketLocation"]
        Resource = ["arn:aws:s3:::${var.bucket}", "arn:aws:s3:::${var.bucket}/*"]
      },
      {
        Sid      = "Key"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
      {
        Sid      = "Logs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:CreateLogGroup"]
        Resource = "arn:aws:logs:${var.region}:${var.account_id}:log-group:/aws/lambda/cwsyn-*"
      },
      {
        # CloudWatch has no resource-level rights; the namespace bounds it.
        Sid       = "Figures"
        Effect    = "Allow"
        Action    = "cloudwatch:PutMetricData"
        Resource  = "*"
        Condition = { StringEquals = { "cloudwatch:namespace" = "CloudWatchSynthetics" } }
      },
    ]
  })
}

resource "aws_synthetics_canary" "this" {
  for_each = var.routes

  name                     = each.value.name
  artifact_s3_location     = "s3://${module.bucket.name}/${each.key}"
  execution_role_arn       = aws_iam_role.this.arn
  handler                  = "index.handler"
  runtime_version          = var.runtime
  zip_file                 = data.archive_file.script.output_path
  start_canary             = true
  delete_lambda            = true
  success_retention_period = 14
  failure_retention_period = 31

  schedule {
    expression = "rate(5 minutes)"

    retry_config {
      max_retries = 1
    }
  }

  run_config {
    timeout_in_seconds    = 60
    memory_in_mb          = 960
    active_tracing        = false
    environment_variables = { TARGET = each.value.url }
  }

  artifact_config {
    s3_encryption {
      encryption_mode = "SSE_KMS"
      kms_key_arn     = var.kms_key_arn
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.routes

  alarm_name          = "${each.value.name}-unreachable"
  alarm_description   = "${each.value.url} does not answer from outside. Runbook: does it answer from inside? Then it is the edge; else the alarms of the service's path."
  namespace           = "CloudWatchSynthetics"
  metric_name         = "SuccessPercent"
  dimensions          = { CanaryName = each.value.name }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 90
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [var.topic]
  ok_actions          = [var.topic]
}
