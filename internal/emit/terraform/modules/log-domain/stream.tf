resource "aws_cloudwatch_log_group" "stream" {
  name              = "/aws/kinesisfirehose/${var.name}"
  retention_in_days = 30
  kms_key_id        = var.log_key_arn
}

resource "aws_cloudwatch_log_stream" "stream" {
  for_each = toset(["search", "bucket"])

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.stream.name
}

resource "aws_kinesis_firehose_delivery_stream" "this" {
  name        = var.name
  destination = "opensearch"

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = var.kms_key_arn
  }

  opensearch_configuration {
    domain_arn            = module.domain.arn
    role_arn              = aws_iam_role.stream.arn
    index_name            = "logs-aws"
    index_rotation_period = "OneDay"
    buffering_interval    = 60
    buffering_size        = 5
    retry_duration        = 3600
    s3_backup_mode        = "FailedDocumentsOnly"

    vpc_config {
      role_arn           = aws_iam_role.stream.arn
      security_group_ids = [aws_security_group.stream.id]
      subnet_ids         = var.subnet_ids
    }

    # CloudWatch packs lines and presses them; the domain wants single ones.
    processing_configuration {
      enabled = true

      processors {
        type = "Decompression"

        parameters {
          parameter_name  = "CompressionFormat"
          parameter_value = "GZIP"
        }
      }

      processors {
        type = "CloudWatchLogProcessing"

        parameters {
          parameter_name  = "DataMessageExtraction"
          parameter_value = "true"
        }
      }
    }

    s3_configuration {
      role_arn            = aws_iam_role.stream.arn
      bucket_arn          = "arn:aws:s3:::${var.refused_bucket}"
      prefix              = "logs/${var.tier}/"
      error_output_prefix = "errors/${var.tier}/!{firehose:error-output-type}/"
      buffering_interval  = 300
      buffering_size      = 64
      compression_format  = "GZIP"
      kms_key_arn         = var.kms_key_arn

      cloudwatch_logging_options {
        enabled         = true
        log_group_name  = aws_cloudwatch_log_group.stream.name
        log_stream_name = aws_cloudwatch_log_stream.stream["bucket"].name
      }
    }

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.stream.name
      log_stream_name = aws_cloudwatch_log_stream.stream["search"].name
    }
  }

  tags = var.tags

  depends_on = [aws_iam_role_policy.stream]
}

resource "aws_iam_role" "stream" {
  name = "${var.role_prefix}-stream"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "stream" {
  name = "own"
  role = aws_iam_role.stream.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Search"
        Effect   = "Allow"
        Action   = ["es:DescribeDomain", "es:DescribeDomains", "es:DescribeDomainConfig", "es:ESHttpGet", "es:ESHttpPost", "es:ESHttpPut"]
        Resource = [module.domain.arn, "${module.domain.arn}/*"]
      },
      {
        Sid      = "Refused"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:PutObject"]
        Resource = ["arn:aws:s3:::${var.refused_bucket}", "arn:aws:s3:::${var.refused_bucket}/*"]
      },
      {
        Sid      = "Keys"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.kms_key_arn
      },
      {
        Sid      = "OwnLog"
        Effect   = "Allow"
        Action   = "logs:PutLogEvents"
        Resource = "${aws_cloudwatch_log_group.stream.arn}:*"
      },
      {
        # Interfaces of the stream: the actions know no narrower resource.
        Sid      = "Interfaces"
        Effect   = "Allow"
        Action   = ["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces", "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"]
        Resource = "*"
        Condition = {
          StringEquals = { "aws:RequestedRegion" = var.region }
        }
      },
    ]
  })
}

# Where accounts of the tier send what CloudWatch has. Only accounts that are
# named, and only of the organization.
resource "aws_iam_role" "destination" {
  name = "${var.role_prefix}-receive"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "logs.${var.region}.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringLike = { "aws:SourceArn" = [for a in concat([var.account_id], var.sender_account_ids) : "arn:aws:logs:${var.region}:${a}:*"] } }
    }]
  })
}

resource "aws_iam_role_policy" "destination" {
  name = "own"
  role = aws_iam_role.destination.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
      Resource = aws_kinesis_firehose_delivery_stream.this.arn
    }]
  })
}

resource "aws_cloudwatch_log_destination" "this" {
  name       = var.name
  role_arn   = aws_iam_role.destination.arn
  target_arn = aws_kinesis_firehose_delivery_stream.this.arn
  tags       = var.tags

  depends_on = [aws_iam_role_policy.destination]
}

resource "aws_cloudwatch_log_destination_policy" "this" {
  destination_name = aws_cloudwatch_log_destination.this.name

  access_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountsOfTheTier"
      Effect    = "Allow"
      Principal = { AWS = var.sender_account_ids }
      Action    = ["logs:PutSubscriptionFilter", "logs:PutAccountPolicy"]
      Resource  = aws_cloudwatch_log_destination.this.arn
    }]
  })
}

resource "aws_cloudwatch_metric_alarm" "old" {
  alarm_name          = "${var.name}-stream-behind"
  alarm_description   = "Logs of AWS reach ${var.name} a quarter of an hour late. Runbook: heal the domain; what it refuses waits in the bucket ${var.refused_bucket}."
  namespace           = "AWS/Firehose"
  metric_name         = "DeliveryToAmazonOpenSearchService.DataFreshness"
  dimensions          = { DeliveryStreamName = var.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 3
  threshold           = 900
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic]
  ok_actions          = [var.topic]
}
