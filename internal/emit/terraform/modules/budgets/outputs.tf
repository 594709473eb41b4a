output "names" {
  description = "Names of the budgets in AWS by their names here."
  value       = { for k, b in aws_budgets_budget.this : k => b.name }
}
