output "document" {
  description = "Name of the document that a person starts."
  value       = aws_ssm_document.failover.name
}

output "state_machine_arn" {
  description = "ARN of the state machine."
  value       = aws_sfn_state_machine.this.arn
}
