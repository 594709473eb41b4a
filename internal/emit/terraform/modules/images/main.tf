# The images of all services, built once and pulled by digest from every
# account.

resource "aws_ecr_registry_scanning_configuration" "this" {
  scan_type = "ENHANCED"

  rule {
    scan_frequency = "CONTINUOUS_SCAN"

    repository_filter {
      filter      = "${var.platform}/*"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_repository" "this" {
  for_each = var.repositories

  name                 = each.value
  image_tag_mutability = "IMMUTABLE"
  force_delete         = false

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_repository_policy" "this" {
  for_each = var.repositories

  repository = aws_ecr_repository.this[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountsPull"
      Effect    = "Allow"
      Principal = { AWS = [for id in var.pull_account_ids : "arn:aws:iam::${id}:root"] }
      Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:DescribeImages"]
    }]
  })
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = var.repositories

  repository = aws_ecr_repository.this[each.key].name

  policy = jsonencode({
    rules = [
      { rulePriority = 1, description = "What lost its tag", selection = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }, action = { type = "expire" } },
      { rulePriority = 2, description = "The last 200 releases", selection = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 200 }, action = { type = "expire" } },
    ]
  })
}

resource "aws_ecr_replication_configuration" "this" {
  count = var.replica_region == null ? 0 : 1

  replication_configuration {
    rule {
      destination {
        region      = var.replica_region
        registry_id = var.account_id
      }

      repository_filter {
        filter      = "${var.platform}/"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}

# Public images are pulled once, kept, scanned and then pulled from here.
resource "aws_ecr_pull_through_cache_rule" "this" {
  for_each = var.upstreams

  ecr_repository_prefix = each.key
  upstream_registry_url = each.value
}

resource "aws_kms_key" "signing" {
  description              = "Signatures of ${var.platform}'s images"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "PoliciesOfTheAccount", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "EverybodyVerifies", Effect = "Allow", Principal = { AWS = [for id in var.pull_account_ids : "arn:aws:iam::${id}:root"] }, Action = ["kms:Verify", "kms:GetPublicKey", "kms:DescribeKey"], Resource = "*" },
    ]
  })
}

resource "aws_kms_alias" "signing" {
  name          = "alias/${var.platform}/images/signing"
  target_key_id = aws_kms_key.signing.key_id
}
