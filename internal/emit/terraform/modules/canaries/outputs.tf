output "names" {
  description = "Names of the canaries by route."
  value       = { for k, c in aws_synthetics_canary.this : k => c.name }
}
