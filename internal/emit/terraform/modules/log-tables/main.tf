# The logs as tables, so that questions can be asked of them. Partitions are
# computed from the date: nothing has to crawl.

module "results" {
  source = "../bucket"

  bucket            = var.results_bucket
  kms_key_arn       = var.kms_key_arn
  access_log_bucket = var.access_log_bucket
  keep              = { days = 30, versions_days = 7 }
}

resource "aws_glue_catalog_database" "this" {
  name        = var.database
  description = "Logs of the platform"
}

resource "aws_glue_catalog_table" "this" {
  for_each = var.tables

  name          = each.key
  database_name = aws_glue_catalog_database.this.name
  table_type    = "EXTERNAL_TABLE"

  parameters = merge(
    {
      EXTERNAL                    = "TRUE"
      "projection.enabled"        = "true"
      "projection.day.type"       = "date"
      "projection.day.format"     = "yyyy/MM/dd"
      "projection.day.range"      = "2024/01/01,NOW"
      "projection.account.type"   = "enum"
      "projection.account.values" = join(",", var.account_ids)
      "projection.region.type"    = "enum"
      "projection.region.values"  = join(",", var.regions)
      "storage.location.template" = each.value.location_template
      "skip.header.line.count"    = tostring(each.value.header_lines)
      "classification"            = each.value.format
    },
    each.value.parameters,
  )

  partition_keys {
    name = "account"
    type = "string"
  }

  partition_keys {
    name = "region"
    type = "string"
  }

  partition_keys {
    name = "day"
    type = "string"
  }

  storage_descriptor {
    location      = each.value.location
    input_format  = each.value.input_format
    output_format = each.value.output_format

    ser_de_info {
      serialization_library = each.value.serde
      parameters            = each.value.serde_parameters
    }

    dynamic "columns" {
      for_each = each.value.columns

      content {
        name = columns.value.name
        type = columns.value.type
      }
    }
  }
}

resource "aws_athena_workgroup" "this" {
  for_each = var.workgroups

  name          = each.key
  description   = each.value
  force_destroy = false

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = 1099511627776

    result_configuration {
      output_location = "s3://${module.results.name}/${each.key}/"

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

resource "aws_athena_named_query" "this" {
  for_each = var.queries

  name        = each.key
  description = each.value.description
  workgroup   = aws_athena_workgroup.this[each.value.workgroup].name
  database    = aws_glue_catalog_database.this.name
  query       = each.value.query
}
