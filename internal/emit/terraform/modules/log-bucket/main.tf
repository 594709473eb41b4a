# A bucket for one class of logs. Classes differ in what their writers accept:
# load balancers write to SSE-S3 only, server access logs and AWS Config refuse
# a default retention. Hardening them alike would lose logs without an error.

locals {
  arn = "arn:aws:s3:::${var.bucket}"
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

module "bucket" {
  source = "../bucket"

  bucket      = var.bucket
  own_key     = local.kms
  kms_key_arn = var.kms_key_arn
  object_lock = local.lock != null

  # The log of who read the logs. The bucket that takes it does not log itself: it
  # would never end.
  access_log_bucket = var.access_log_bucket

  keep = {
    cold          = var.cold_days > var.hot_days ? { days = max(var.hot_days, 30), class = "GLACIER_IR" } : null
    days          = max(var.cold_days, var.hot_days)
    versions_days = 90
  }

  statements = [
    {
      Sid       = "OnlyTheOrganization"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.arn, "${local.arn}/*"]
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
      Resource  = local.arn
      Condition = { (local.writer.on_behalf.operator) = { (local.writer.on_behalf.key) = local.writer.on_behalf.values } }
    },
    {
      Sid       = "WriterWrites"
      Effect    = "Allow"
      Principal = local.writer.principal
      Action    = "s3:PutObject"
      Resource  = [for path in local.writer.paths : "${local.arn}/${path}"]
      Condition = { (local.writer.on_behalf.operator) = { (local.writer.on_behalf.key) = local.writer.on_behalf.values } }
    },
  ]
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  count = local.lock == null ? 0 : 1

  bucket = module.bucket.name

  rule {
    default_retention {
      mode = local.lock
      days = var.hot_days
    }
  }
}

# Buckets that are older than this one: the state of the account.
resource "aws_s3_bucket_logging" "older" {
  for_each = var.logged_buckets

  bucket        = each.key
  target_bucket = module.bucket.name
  target_prefix = "${each.key}/"

  depends_on = [module.bucket]
}
