# Where the daily reports go. Only the service's own role writes, and with S3's own
# key only ("Creating a report plan", AWS Backup Developer Guide).
module "reports" {
  source = "../bucket"

  bucket            = var.report_bucket
  own_key           = false
  access_log_bucket = var.access_log_bucket
  keep              = { days = 400, versions_days = 30 }

  statements = [{
    Sid       = "Reports"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${var.account_id}:role/aws-service-role/reports.backup.amazonaws.com/AWSServiceRoleForBackupReports" }
    Action    = "s3:PutObject"
    Resource  = "arn:aws:s3:::${var.report_bucket}/*"
  }]
}
