# A bucket for one class of logs. Classes differ in what their writers accept:
# load balancers write to SSE-S3 only, server access logs and AWS Config refuse
# a default retention. Hardening them alike would lose logs without an error.

locals {
  kms = contains(["application", "trail", "flow", "resolver", "firewall", "waf", "config", "cdn"], var.class)

  # Who writes, under which path, and how it says on whose behalf: accounts, or
  # the ARN of what writes. Load balancers and server access logs put a prefix
  # before the path.
  accounts    = { operator = "StringEquals", key = "aws:SourceAccount", values = var.sources }
  by_delivery = { principal = { Service = "delivery.logs.amazonaws.com" }, paths = ["AWSLogs/*"], on_behalf = local.accounts }
  balancers   = { operator = "ArnLike", key = "aws:SourceArn", values = [for id in var.sources : "arn:aws:elasticloadbalancing:*:${id}:loadbalancer/*"] }
  of_trail    = { operator = "StringEquals", key = "aws:SourceArn", values = var.sources }

  # Clusters ship their logs themselves, in the roles of their shippers, each
  # account below its own number.
  shippers     = [for id in var.sources : "arn:aws:iam::${id}:root"]
  in_the_roles = { operator = "ArnLike", key = "aws:PrincipalArn", values = [for id in var.sources : "arn:aws:iam::${id}:role/*-logs"] }

  writers = {
    application = { principal = { AWS = local.shippers }, paths = ["$${aws:PrincipalAccount}/*"], on_behalf = local.in_the_roles }

    trail    = { principal = { Service = "cloudtrail.amazonaws.com" }, paths = ["AWSLogs/*"], on_behalf = local.of_trail }
    flow     = local.by_delivery
    resolver = local.by_delivery
    firewall = merge(local.by_delivery, { paths = ["AWSLogs/*", "*/AWSLogs/*"] })
    waf      = local.by_delivery
    cdn      = merge(local.by_delivery, { paths = ["*"] })
    elb      = { principal = { Service = "logdelivery.elasticloadbalancing.amazonaws.com" }, paths = ["AWSLogs/*", "*/AWSLogs/*"], on_behalf = local.balancers }
    access   = { principal = { Service = "logging.s3.amazonaws.com" }, paths = ["*"], on_behalf = local.accounts }
    config   = { principal = { Service = "config.amazonaws.com" }, paths = ["AWSLogs/*"], on_behalf = local.accounts }
  }
  writer = local.writers[var.class]

  # The trail is protected from everybody for its time; flow-like logs from all
  # but those with a special right.
  lock = var.class == "trail" ? "COMPLIANCE" : contains(["flow", "resolver", "firewall", "waf"], var.class) ? "GOVERNANCE" : null
}

resource "aws_s3_bucket" "this" {
  bucket              = var.bucket
  force_destroy       = false
  object_lock_enabled = local.lock != null

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = local.kms

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.kms ? "aws:kms" : "AES256"
      kms_master_key_id = local.kms ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = local.lock == null ? 0 : 1

  bucket = aws_s3_bucket.this.id

  rule {
    default_retention {
      mode = local.lock
      days = var.hot_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

# The log of who read the logs. The bucket that takes it does not log itself: it
# would never end.
resource "aws_s3_bucket_logging" "this" {
  count = var.access_log_bucket == null ? 0 : 1

  bucket        = aws_s3_bucket.this.id
  target_bucket = var.access_log_bucket
  target_prefix = "${var.bucket}/"
}

# Buckets that are older than this one: the state of the account.
resource "aws_s3_bucket_logging" "older" {
  for_each = var.logged_buckets

  bucket        = each.key
  target_bucket = aws_s3_bucket.this.id
  target_prefix = "${each.key}/"

  depends_on = [aws_s3_bucket_policy.this]
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "age"
    status = "Enabled"

    filter {}

    dynamic "transition" {
      for_each = var.cold_days > var.hot_days ? [1] : []

      content {
        days          = max(var.hot_days, 30)
        storage_class = "GLACIER_IR"
      }
    }

    expiration {
      days = max(var.cold_days, var.hot_days)
    }

    noncurrent_version_expiration {
      noncurrent_days = 90
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyEncryptedConnections"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "OnlyModernTLS"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      {
        Sid       = "OnlyTheOrganization"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
        Condition = {
          StringNotEqualsIfExists = { "aws:PrincipalOrgID" = var.organization_id }
          Bool                    = { "aws:PrincipalIsAWSService" = "false" }
        }
      },
      {
        Sid       = "WriterLooks"
        Effect    = "Allow"
        Principal = local.writer.principal
        Action    = ["s3:GetBucketAcl", "s3:ListBucket"]
        Resource  = aws_s3_bucket.this.arn
        Condition = { (local.writer.on_behalf.operator) = { (local.writer.on_behalf.key) = local.writer.on_behalf.values } }
      },
      {
        Sid       = "WriterWrites"
        Effect    = "Allow"
        Principal = local.writer.principal
        Action    = "s3:PutObject"
        Resource  = [for path in local.writer.paths : "${aws_s3_bucket.this.arn}/${path}"]
        Condition = { (local.writer.on_behalf.operator) = { (local.writer.on_behalf.key) = local.writer.on_behalf.values } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}
