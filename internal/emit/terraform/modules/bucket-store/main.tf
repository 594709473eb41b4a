# A bucket with the business's data, or with copies of it.

module "bucket" {
  source = "../bucket"

  bucket            = var.bucket
  kms_key_arn       = var.kms_key_arn
  access_log_bucket = var.access_log_bucket
  keep              = { days = var.keep_days, versions_days = 35 }
  tags              = var.tags

  statements = [{
    Sid       = "OnlyThisAccount"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = ["arn:aws:s3:::${var.bucket}", "arn:aws:s3:::${var.bucket}/*"]
    Condition = {
      StringNotEqualsIfExists = { "aws:PrincipalAccount" = var.account_id }
      Bool                    = { "aws:PrincipalIsAWSService" = "false" }
    }
  }]
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  bucket = module.bucket.name
  name   = "all"

  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 90
  }
}

# The copy in the recovery region.
resource "aws_iam_role" "replication" {
  count = var.replica_bucket_arn == null ? 0 : 1

  name = var.replication_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "replication" {
  count = var.replica_bucket_arn == null ? 0 : 1

  name = "replicate"
  role = aws_iam_role.replication[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["s3:GetReplicationConfiguration", "s3:ListBucket"], Resource = module.bucket.arn },
      { Effect = "Allow", Action = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"], Resource = "${module.bucket.arn}/*" },
      { Effect = "Allow", Action = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], Resource = "${var.replica_bucket_arn}/*" },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = var.kms_key_arn },
      { Effect = "Allow", Action = ["kms:Encrypt", "kms:GenerateDataKey"], Resource = var.replica_key_arn },
    ]
  })
}

resource "aws_s3_bucket_replication_configuration" "this" {
  count = var.replica_bucket_arn == null ? 0 : 1

  bucket = module.bucket.name
  role   = aws_iam_role.replication[0].arn

  rule {
    id       = "recovery"
    status   = "Enabled"
    priority = 1

    filter {}

    delete_marker_replication {
      status = "Enabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket        = var.replica_bucket_arn
      storage_class = "STANDARD_IA"

      encryption_configuration {
        replica_kms_key_id = var.replica_key_arn
      }

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = 15
        }
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = 15
        }
      }
    }
  }
}
