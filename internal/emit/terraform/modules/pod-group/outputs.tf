output "security_group_id" {
  description = "Group of the pods, for the SecurityGroupPolicy of layer 45-cluster and for groups of services that they call."
  value       = aws_security_group.this.id
}
