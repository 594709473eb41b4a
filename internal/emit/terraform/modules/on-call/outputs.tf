output "routing_key" {
  description = "Key of all Alertmanagers: the file pagerduty among their secrets."
  value       = one([for i in pagerduty_event_orchestration.this.integration : i.parameters[0].routing_key])
  sensitive   = true
}

output "cloudwatch_key" {
  description = "Key of the integration that the topics of alarms are subscribed to."
  value       = pagerduty_service_integration.vendor["cloudwatch"].integration_key
  sensitive   = true
}

output "newrelic_key" {
  description = "Key with which the monitoring service calls."
  value       = pagerduty_service_integration.vendor["newrelic"].integration_key
  sensitive   = true
}
