output "window_ids" {
  description = "Ids of the windows by name."
  value       = { for k, w in aws_ssm_maintenance_window.this : k => w.id }
}

output "restart_document" {
  description = "Name of the document that restarts one machine of a store."
  value       = aws_ssm_document.restart.name
}
