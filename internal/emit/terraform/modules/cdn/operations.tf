# Paths that bots come for are operations of an API: Akamai watches operations,
# not paths. Each host with such paths is one API.

locals {
  guarded = { for host in distinct([for s in var.sensitive : s.host]) : host => { for k, s in var.sensitive : k => s if s.host == host } }
  # A form is sent; a search is asked as well.
  calls = merge([for k, s in var.sensitive : {
    for method in(s.purpose == "search" ? ["GET", "POST"] : ["POST"]) : "${method} ${k}" => { host = s.host, path = s.path, purpose = s.purpose, method = method }
  }]...)
}

resource "akamai_apidefinitions_api" "this" {
  for_each = local.guarded

  contract_id = trimprefix(var.contract_id, "ctr_")
  group_id    = tonumber(trimprefix(var.group_id, "grp_"))

  api = jsonencode({
    name        = "${var.name} ${each.key}"
    description = "Rendered by paddock"
    hostnames   = [each.key]
    basePath    = "/"
    resources   = { for s in each.value : s.path => merge({ name = s.path, post = {} }, s.purpose == "search" ? { get = {} } : {}) }
  })
}

resource "akamai_apidefinitions_resource_operations" "this" {
  for_each = local.guarded

  api_id = akamai_apidefinitions_api.this[each.key].id

  resource_operations = jsonencode({
    operations = {
      for s in each.value : s.path => {
        for name, call in local.calls : name => { method = call.method, purpose = call.purpose } if call.host == each.key && call.path == s.path
      }
    }
  })
}

resource "akamai_apidefinitions_activation" "this" {
  for_each = { for pair in setproduct(keys(local.guarded), ["STAGING", "PRODUCTION"]) : "${pair[0]} ${pair[1]}" => { host = pair[0], network = pair[1] } }

  api_id                    = akamai_apidefinitions_api.this[each.value.host].id
  version                   = akamai_apidefinitions_resource_operations.this[each.value.host].version
  network                   = each.value.network
  notes                     = "Rendered by paddock"
  notification_recipients   = var.notify
  auto_acknowledge_warnings = true
}

# Akamai gives operations their ids.
data "akamai_apidefinitions_resource_operations" "this" {
  for_each = local.guarded

  api_id = akamai_apidefinitions_api.this[each.key].id

  depends_on = [akamai_apidefinitions_activation.this]
}

locals {
  # An answer that does not name the operation leaves its name, which Akamai then
  # refuses and names.
  operation_ids = { for name, call in local.calls : name => try(one([for o in jsondecode(data.akamai_apidefinitions_resource_operations.this[call.host].resource_operations) : o.id if o.name == name]), name) }
}
