output "dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "zone_id" {
  description = "Zone of that name, for alias records."
  value       = aws_lb.this.zone_id
}
