# The keys of one environment or account, one for each purpose. No key admits a
# principal of another environment, and each admits the services that write
# through it: an encrypted place that its writer cannot use loses data silently.

data "aws_caller_identity" "this" {}

data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  region  = data.aws_region.this.region

  # Who writes with a key, beside the principals of the account.
  services = {
    data    = ["s3.amazonaws.com", "rds.amazonaws.com", "es.amazonaws.com", "elasticache.amazonaws.com", "sqs.amazonaws.com"]
    logs    = ["delivery.logs.amazonaws.com", "config.amazonaws.com", "guardduty.amazonaws.com", "firehose.amazonaws.com", "cloudwatch.amazonaws.com"]
    secrets = ["secretsmanager.amazonaws.com", "eks.amazonaws.com"]
    alarms  = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com", "backup.amazonaws.com", "sns.amazonaws.com", "costalerts.amazonaws.com"]
    backup  = ["backup.amazonaws.com"]
  }

  use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]

  owner = {
    Sid       = "PoliciesOfTheAccount"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${local.account}:root" }
    Action    = "kms:*"
    Resource  = "*"
  }

  # Nodes of Auto Scaling groups have encrypted volumes: without the grant they
  # never start, and nothing says why.
  autoscaling = {
    Sid       = "VolumesOfNodes"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${local.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" }
    Action    = local.use
    Resource  = "*"
  }

  autoscaling_grant = {
    Sid       = "GrantsForVolumesOfNodes"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${local.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" }
    Action    = "kms:CreateGrant"
    Resource  = "*"
    Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
  }
}

resource "aws_kms_key" "this" {
  for_each = var.purposes

  description             = "${var.owner}: ${each.key}"
  enable_key_rotation     = true
  rotation_period_in_days = 365
  deletion_window_in_days = 30
  multi_region            = contains(var.multi_region, each.key)

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [local.owner],
      [{
        Sid       = "WritersOfTheAccount"
        Effect    = "Allow"
        Principal = { Service = local.services[each.key] }
        Action    = local.use
        Resource  = "*"
        # Only places that collect logs are written to from other accounts.
        Condition = { StringEquals = { "aws:SourceAccount" = concat([local.account], each.key == "logs" ? var.writer_accounts : []) } }
      }],
      # CloudWatch Logs and CloudTrail name their own contexts: a key that asks
      # for a source account only is one that they may not use.
      [for s in [{
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.amazonaws.com" }
        Action    = local.use
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${local.region}:${local.account}:*" } }
      }] : s if each.key == "logs"],
      [for s in [{
        Sid       = "Trail"
        Effect    = "Allow"
        Principal = { Service = "cloudtrail.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { StringLike = { "aws:SourceArn" = "arn:aws:cloudtrail:*:${local.account}:trail/*" } }
      }] : s if each.key == "logs"],
      # Those who look after logs and security read what the trail wrote: its
      # files and nothing else under this key.
      [for s in [{
        Sid       = "ReadersOfTheTrail"
        Effect    = "Allow"
        Principal = { AWS = [for id in var.trail_readers : "arn:aws:iam::${id}:root"] }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = { StringLike = { "kms:EncryptionContext:aws:cloudtrail:arn" = "arn:aws:cloudtrail:*:${local.account}:trail/*" } }
      }] : s if each.key == "logs" && length(var.trail_readers) > 0],
      # Shippers of other accounts seal what they write into these buckets, and
      # nothing else.
      [for s in [{
        Sid       = "Shippers"
        Effect    = "Allow"
        Principal = { AWS = [for id in var.writer_accounts : "arn:aws:iam::${id}:root"] }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          StringEquals = { "kms:ViaService" = "s3.${local.region}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn" = var.shipped_buckets }
          ArnLike      = { "aws:PrincipalArn" = [for id in var.writer_accounts : "arn:aws:iam::${id}:role/*-logs"] }
        }
      }] : s if each.key == "logs" && length(var.shipped_buckets) > 0],
      [for s in [local.autoscaling] : s if each.key == "data"],
      [for s in [local.autoscaling_grant] : s if each.key == "data"],
    )
  })

  tags = { Name = "${var.owner}-${each.key}" }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  for_each = var.purposes

  name          = "alias/${var.platform}/${var.owner}/${each.key}"
  target_key_id = aws_kms_key.this[each.key].key_id
}
