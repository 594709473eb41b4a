output "target_group_arns" {
  description = "Target groups by port name, for Kubernetes to bind pods to, or machines to join."
  value       = { for k, g in aws_lb_target_group.this : k => g.arn }
}
