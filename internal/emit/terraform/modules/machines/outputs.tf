output "instance_ids" {
  description = "Ids of the machines by name."
  value       = { for k, n in module.node : k => n.instance_id }
}

output "balancer_names" {
  description = "DNS names of the load balancers."
  value       = { for k, b in aws_lb.this : k => b.dns_name }
}
