output "bucket" {
  description = "Name of the bucket of the cost data."
  value       = aws_s3_bucket.this.id
}
