output "vpc_id" {
  description = "VPC that knows the names, once it is bound."
  value       = var.vpc_id
  depends_on  = [aws_route53_zone_association.this]
}
