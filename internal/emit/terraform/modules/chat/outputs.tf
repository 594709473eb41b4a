output "arn" {
  description = "ARN of the configuration."
  value       = aws_chatbot_slack_channel_configuration.this.chat_configuration_arn
}
