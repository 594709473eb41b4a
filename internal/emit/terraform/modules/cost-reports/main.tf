# Where the money goes: by environment, team and service, in tables that anybody
# can ask, and with what AWS itself would change. Cost data is of us-east-1.

resource "aws_ce_cost_allocation_tag" "this" {
  for_each = var.tags

  tag_key = each.key
  status  = "Active"
}

resource "aws_ce_cost_category" "environment" {
  name          = "${var.name} environment"
  rule_version  = "CostCategoryExpression.v1"
  default_value = "shared"

  # Accounts first: they also have what cannot be tagged, such as traffic.
  dynamic "rule" {
    for_each = var.environments

    content {
      value = rule.key
      type  = "REGULAR"

      rule {
        dimension {
          key           = "LINKED_ACCOUNT"
          match_options = ["EQUALS"]
          values        = rule.value
        }
      }
    }
  }

  dynamic "rule" {
    for_each = length(var.environments) == 0 ? var.tagged_environments : []

    content {
      value = rule.value
      type  = "REGULAR"

      rule {
        tags {
          key           = "paddock:env"
          match_options = ["EQUALS"]
          values        = [rule.value]
        }
      }
    }
  }

  tags = { Name = "${var.name}-environment" }
}

# A platform without teams has nothing to sort by.
resource "aws_ce_cost_category" "team" {
  count = length(var.teams) == 0 ? 0 : 1

  name          = "${var.name} team"
  rule_version  = "CostCategoryExpression.v1"
  default_value = "nobody"

  dynamic "rule" {
    for_each = var.teams

    content {
      value = rule.value
      type  = "REGULAR"

      rule {
        tags {
          key           = "paddock:owner"
          match_options = ["EQUALS"]
          values        = [rule.value]
        }
      }
    }
  }

  tags = { Name = "${var.name}-team" }
}

# The writer of cost data accepts S3's own key only.
module "bucket" {
  source    = "../bucket"
  providers = { aws = aws.global }

  bucket  = var.bucket
  own_key = false
  keep    = { cold = { days = 90, class = "STANDARD_IA" }, days = 1200, versions_days = 30 }

  statements = [{
    Sid       = "CostData"
    Effect    = "Allow"
    Principal = { Service = ["bcm-data-exports.amazonaws.com", "billingreports.amazonaws.com"] }
    Action    = ["s3:PutObject", "s3:GetBucketPolicy"]
    Resource  = ["arn:aws:s3:::${var.bucket}", "arn:aws:s3:::${var.bucket}/*"]
    Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
  }]
}

resource "aws_bcmdataexports_export" "this" {
  provider = aws.global
  for_each = var.exports

  export {
    name        = "${var.name}-${each.key}"
    description = each.value.description

    data_query {
      query_statement      = each.value.query
      table_configurations = each.value.tables
    }

    destination_configurations {
      s3_destination {
        s3_bucket = module.bucket.name
        s3_prefix = each.key
        s3_region = "us-east-1"

        s3_output_configurations {
          overwrite   = "OVERWRITE_REPORT"
          format      = "PARQUET"
          compression = "PARQUET"
          output_type = "CUSTOM"
        }
      }
    }

    refresh_cadence {
      frequency = "SYNCHRONOUS"
    }
  }

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [module.bucket]
}

resource "aws_computeoptimizer_enrollment_status" "this" {
  status                  = "Active"
  include_member_accounts = var.organization_arn != null
}

# Three months of use instead of two weeks, which would advise machines that fall
# over on a holiday.
resource "aws_computeoptimizer_recommendation_preferences" "this" {
  for_each = var.optimized

  resource_type                   = each.key
  enhanced_infrastructure_metrics = "Active"
  inferred_workload_types         = each.key == "Ec2Instance" ? "Active" : null

  scope {
    name  = var.organization_arn == null ? "AccountId" : "Organization"
    value = var.organization_arn == null ? var.account_id : "ALL_ACCOUNTS"
  }

  depends_on = [aws_computeoptimizer_enrollment_status.this]
}

resource "aws_costoptimizationhub_enrollment_status" "this" {
  provider = aws.global

  include_member_accounts = var.organization_arn != null
}

resource "aws_s3control_storage_lens_configuration" "this" {
  config_id  = var.name
  account_id = var.account_id

  storage_lens_configuration {
    enabled = true

    account_level {
      activity_metrics {
        enabled = true
      }

      advanced_cost_optimization_metrics {
        enabled = true
      }

      advanced_data_protection_metrics {
        enabled = true
      }

      bucket_level {
        activity_metrics {
          enabled = true
        }
      }
    }

    dynamic "aws_org" {
      for_each = var.organization_arn == null ? [] : [var.organization_arn]

      content {
        arn = aws_org.value
      }
    }

    data_export {
      cloud_watch_metrics {
        enabled = true
      }
    }
  }

  tags = { Name = var.name }
}
