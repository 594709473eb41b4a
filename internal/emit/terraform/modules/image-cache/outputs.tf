output "prefixes" {
  description = "Prefixes of cached images."
  value       = keys(var.upstreams)
}
