output "names" {
  description = "The names."
  value       = [for r in aws_route53_record.this : r.name]
}
