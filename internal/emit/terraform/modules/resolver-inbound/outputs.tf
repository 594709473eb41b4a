output "addresses" {
  description = "Addresses to which name servers elsewhere pass questions on."
  value       = sort([for a in aws_route53_resolver_endpoint.this.ip_address : a.ip])
}
