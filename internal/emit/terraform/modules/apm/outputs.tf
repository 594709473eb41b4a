output "policies" {
  description = "Ids of the alert policies by team."
  value       = { for k, p in newrelic_alert_policy.team : k => p.id }
}
