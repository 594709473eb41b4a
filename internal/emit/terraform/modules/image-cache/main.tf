# Images of others, through the company's registry: clusters reach no other one,
# and what they run is scanned like everything else.

resource "aws_secretsmanager_secret" "this" {
  for_each = { for k, u in var.upstreams : k => u if u.signs_in }

  # The name begins as ECR asks ("Pull through cache", Amazon ECR User Guide).
  name                    = "ecr-pullthroughcache/${each.key}"
  description             = "How the registry signs in at ${each.value.host}"
  kms_key_id              = var.secret_key_arn
  recovery_window_in_days = 30
}

resource "aws_ecr_pull_through_cache_rule" "this" {
  for_each = var.upstreams

  ecr_repository_prefix = each.key
  upstream_registry_url = each.value.host
  credential_arn        = each.value.signs_in ? aws_secretsmanager_secret.this[each.key].arn : null
}

# What a cached repository is like, for it comes to be with the first pull.
resource "aws_ecr_repository_creation_template" "this" {
  for_each = var.upstreams

  prefix               = each.key
  description          = "Images of ${each.value.host}"
  applied_for          = ["PULL_THROUGH_CACHE"]
  image_tag_mutability = "IMMUTABLE"
  custom_role_arn      = aws_iam_role.this.arn

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.data_key_arn
  }

  repository_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountsPull"
      Effect    = "Allow"
      Principal = { AWS = [for id in var.pull_account_ids : "arn:aws:iam::${id}:root"] }
      Action    = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })

  lifecycle_policy = jsonencode({
    rules = [{ rulePriority = 1, description = "What nobody has pulled anew for a year", selection = { tagStatus = "any", countType = "sinceImagePushed", countUnit = "days", countNumber = 365 }, action = { type = "expire" } }]
  })
}

# Templates that seal repositories need a role of their own.
resource "aws_iam_role" "this" {
  name = var.role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecr.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "cached-repositories"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Repositories", Effect = "Allow", Action = ["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"], Resource = [for k in keys(var.upstreams) : "arn:aws:ecr:${var.region}:${var.account_id}:repository/${k}/*"] },
      { Sid = "Seal", Effect = "Allow", Action = ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"], Resource = var.data_key_arn },
    ]
  })
}

# The accounts of environments may have an image fetched that is not there yet.
resource "aws_ecr_registry_policy" "this" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "AccountsFetch"
      Effect    = "Allow"
      Principal = { AWS = [for id in var.pull_account_ids : "arn:aws:iam::${id}:root"] }
      Action    = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
      Resource  = [for k in keys(var.upstreams) : "arn:aws:ecr:${var.region}:${var.account_id}:repository/${k}/*"]
    }]
  })
}
