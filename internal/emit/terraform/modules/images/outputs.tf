output "urls" {
  description = "URLs of the repositories by service."
  value       = { for k, r in aws_ecr_repository.this : k => r.repository_url }
}
