output "name" {
  description = "Name of the cluster."
  value       = aws_eks_cluster.this.name
}

output "arn" {
  description = "ARN of the cluster."
  value       = aws_eks_cluster.this.arn
}

output "node_security_group_id" {
  description = "Security group of nodes and pods."
  value       = aws_security_group.node.id
}

output "interruption_queue" {
  description = "Name of Karpenter's queue."
  value       = aws_sqs_queue.interruptions.name
}

output "node_role_arn" {
  description = "Role of the cluster's nodes."
  value       = aws_iam_role.node.arn
}
