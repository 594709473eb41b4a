output "security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.this.id
}

output "target_group_arns" {
  description = "Target groups by tool."
  value       = { for k, g in aws_lb_target_group.this : k => g.arn }
}
