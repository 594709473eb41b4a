output "name" {
  description = "Name of the policy."
  value       = aws_cloudwatch_log_account_policy.this.policy_name
}
