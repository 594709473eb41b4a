output "edge_hostnames" {
  description = "What the public zone points each host at (CNAME)."
  value       = { for k, h in akamai_edge_hostname.this : k => h.edge_hostname }
}

output "validation" {
  description = "Records that prove the domain for the certificate."
  value       = akamai_cps_dv_enrollment.this.dns_challenges
}

output "rules" {
  description = "The rule tree as Akamai gets it."
  value       = local.rules
  sensitive   = true
}
