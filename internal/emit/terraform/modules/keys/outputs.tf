output "arns" {
  description = "ARNs of the keys by purpose."
  value       = { for k, key in aws_kms_key.this : k => key.arn }
}
