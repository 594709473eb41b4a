output "query_log_config_id" {
  description = "Configuration of the query log."
  value       = aws_route53_resolver_query_log_config.this.id
}

output "rule_group_ids" {
  description = "Rule groups by segment."
  value       = { for k, g in aws_route53_resolver_firewall_rule_group.this : k => g.id }
}
