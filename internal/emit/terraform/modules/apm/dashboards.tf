locals {
  widgets = [
    { title = "Requests", visual = "viz.line", query = "SELECT rate(count(*), 1 minute) FROM Span WHERE span.kind = 'server' AND deployment.environment.name = '%s' FACET service.name TIMESERIES" },
    { title = "Errors in percent", visual = "viz.line", query = "SELECT percentage(count(*), WHERE otel.status_code = 'ERROR') FROM Span WHERE span.kind = 'server' AND deployment.environment.name = '%s' FACET service.name TIMESERIES" },
    { title = "95th percentile", visual = "viz.line", query = "SELECT percentile(duration, 95) FROM Span WHERE span.kind = 'server' AND deployment.environment.name = '%s' FACET service.name TIMESERIES" },
    { title = "Calls that fail", visual = "viz.table", query = "SELECT count(*) FROM Span WHERE span.kind = 'client' AND otel.status_code = 'ERROR' AND deployment.environment.name = '%s' FACET service.name, server.address LIMIT 50" },
    { title = "Releases", visual = "viz.table", query = "SELECT count(*), percentage(count(*), WHERE otel.status_code = 'ERROR') FROM Span WHERE span.kind = 'server' AND deployment.environment.name = '%s' FACET service.name, service.version LIMIT 100" },
    { title = "Slowest routes", visual = "viz.table", query = "SELECT percentile(duration, 99), count(*) FROM Span WHERE span.kind = 'server' AND deployment.environment.name = '%s' FACET service.name, http.route LIMIT 50" },
  ]
}

resource "newrelic_one_dashboard_json" "environment" {
  for_each = toset([for s in var.services : s.environment])

  json = jsonencode({
    name        = "${var.name}: ${each.key}"
    description = "Rendered by paddock"
    permissions = "PUBLIC_READ_ONLY"
    pages = [{
      name = "Services"
      widgets = [for i, w in local.widgets : {
        title         = w.title
        layout        = { column = 1 + 4 * (i % 3), row = 1 + 3 * floor(i / 3), width = 4, height = 3 }
        visualization = { id = w.visual }
        rawConfiguration = {
          nrqlQueries = [{ accountIds = [local.account], query = format(w.query, each.key) }]
        }
      }]
    }]
  })
}

# Public routes, as the world sees them.
resource "newrelic_synthetics_monitor" "route" {
  for_each = var.routes

  name                      = "${var.name}: ${each.key}"
  type                      = "SIMPLE"
  status                    = "ENABLED"
  period                    = "EVERY_5_MINUTES"
  uri                       = each.value.url
  locations_public          = var.locations
  verify_ssl                = true
  bypass_head_request       = true
  treat_redirect_as_failure = false

  tag {
    key    = "env"
    values = [each.value.environment]
  }
}

resource "newrelic_synthetics_cert_check_monitor" "host" {
  for_each = var.hosts

  name                   = "${var.name}: ${each.key}"
  domain                 = each.key
  certificate_expiration = 14
  period                 = "EVERY_DAY"
  status                 = "ENABLED"
  locations_public       = var.locations
  runtime_type           = "NODE_API"
  runtime_type_version   = "16.10"
}

# What every public host owes its visitors, whatever is behind it: no answer in
# the clear, and the word that there never will be one.
resource "newrelic_synthetics_script_monitor" "host" {
  for_each = var.hosts

  name                 = "${var.name}: ${each.key} is closed in the clear"
  type                 = "SCRIPT_API"
  status               = "ENABLED"
  period               = "EVERY_15_MINUTES"
  locations_public     = var.locations
  runtime_type         = "NODE_API"
  runtime_type_version = "16.10"
  script_language      = "JAVASCRIPT"
  script               = templatefile("${path.module}/host.js", { host = each.key })
}
