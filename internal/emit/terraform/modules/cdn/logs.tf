# What the edge saw. Events of the firewall and of the bot manager are kept for
# the collector of a SIEM; a line for each request goes to the bucket of the log
# archive, when somebody has given Akamai a key that may write there.

data "akamai_appsec_siem_definitions" "this" {
  siem_definition_name = "SIEM Version 01"
}

resource "akamai_appsec_siem_settings" "this" {
  config_id               = local.config
  enable_siem             = true
  enable_for_all_policies = true
  enable_botman_siem      = true
  # The first definition, which is the only one, when the answer cannot be read.
  siem_id = try(tonumber(jsondecode(data.akamai_appsec_siem_definitions.this.json).siemDefinitions[0].id), 1)
}

# Headers that say who somebody is stay out of it.
resource "akamai_appsec_advanced_settings_logging" "this" {
  config_id = local.config

  logging = jsonencode({
    allowSampling   = true
    cookies         = { type = "none" }
    customHeaders   = { type = "exclude", values = ["X-Origin-Verify", "X-Api-Key"] }
    standardHeaders = { type = "exclude", values = ["Authorization", "Cookie", "Set-Cookie"] }
  })
}

data "akamai_datastream_dataset_fields" "this" {
  for_each = toset(local.stream)

  product_id = var.product_id
}

locals {
  stream = nonsensitive(var.logs == null) ? [] : ["requests"]
  # Keys of a line, by which Akamai's fields are found: no cookies, no queries.
  fields = ["reqId", "reqTimeSec", "cliIP", "country", "statusCode", "proto", "tlsVersion", "reqHost", "reqMethod", "reqPath", "rspContentType", "bytes", "UA", "cacheStatus", "turnAroundTimeMSec", "transferTimeMSec", "errorCode", "edgeIP", "securityRules"]
}

resource "akamai_datastream" "requests" {
  for_each = toset(local.stream)

  active              = true
  stream_name         = var.name
  contract_id         = var.contract_id
  group_id            = var.group_id
  properties          = [akamai_property_bootstrap.this.id]
  dataset_fields      = [for f in data.akamai_datastream_dataset_fields.this[each.key].dataset_fields : f.dataset_field_id if contains(local.fields, f.dataset_field_json_key)]
  collect_midgress    = false
  notification_emails = var.notify

  delivery_configuration {
    format             = "JSON"
    upload_file_prefix = "akamai"
    upload_file_suffix = "log"

    frequency {
      interval_in_secs = 60
    }
  }

  s3_connector {
    display_name      = var.name
    bucket            = var.logs.bucket
    region            = var.logs.region
    path              = "akamai/${var.name}"
    access_key        = var.logs.access_key
    secret_access_key = var.logs.secret_access_key
    compress_logs     = true
  }
}
