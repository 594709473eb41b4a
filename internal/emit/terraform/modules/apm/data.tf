# What must not be kept is masked before it is stored, a second time after the
# shippers and collectors did.
resource "newrelic_obfuscation_expression" "this" {
  for_each = var.redact

  name        = "${var.name}: ${each.key}"
  description = "Values that observe.redact names"
  regex       = each.value
}

resource "newrelic_obfuscation_rule" "this" {
  for_each = var.redact

  name        = "${var.name}: ${each.key}"
  description = "Masks ${each.key} in logs"
  filter      = "platform = '${var.name}'"
  enabled     = true

  action {
    attribute     = ["message"]
    expression_id = newrelic_obfuscation_expression.this[each.key].id
    method        = "MASK"
  }
}

# Health checks are most of the spans and say nothing.
resource "newrelic_pipeline_cloud_rule" "health" {
  name        = "${var.name}: health checks"
  description = "Spans of probes are dropped"
  nrql        = "DELETE FROM Span WHERE url.path LIKE '/healthz/%' AND paddock.platform = '${var.name}'"
}
