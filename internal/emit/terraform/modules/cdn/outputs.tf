output "edge_hostnames" {
  description = "Names at the edge by host."
  value       = { for k, h in akamai_edge_hostname.this : k => h.edge_hostname }
}

output "rules" {
  description = "The rule tree as Akamai gets it."
  value       = local.rules
  sensitive   = true
}
