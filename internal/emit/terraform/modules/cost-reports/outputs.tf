output "bucket" {
  description = "Name of the bucket of the cost data."
  value       = module.bucket.name
}
