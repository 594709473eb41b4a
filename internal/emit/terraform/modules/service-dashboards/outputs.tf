output "names" {
  description = "Names of the dashboards."
  value       = [for d in aws_cloudwatch_dashboard.this : d.dashboard_name]
}
