output "arn" {
  description = "ARN of the bucket."
  value       = module.bucket.arn
}
