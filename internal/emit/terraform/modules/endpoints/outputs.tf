output "ids" {
  description = "Ids of the endpoints by service."
  value       = { for k, e in aws_vpc_endpoint.this : k => e.id }
}

output "security_group_id" {
  description = "Security group of the endpoints."
  value       = aws_security_group.this.id
}
