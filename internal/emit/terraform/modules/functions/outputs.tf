output "arns" {
  description = "ARNs of the functions by name."
  value       = { for k, f in aws_lambda_function.this : k => f.arn }
}
