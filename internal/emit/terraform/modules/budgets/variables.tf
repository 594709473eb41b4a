variable "name" {
  type        = string
  description = "Beginning of the names: the platform's name."
}

variable "currency" {
  type        = string
  description = "Currency of the amounts."

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.currency))
    error_message = "A currency is three capital letters, such as USD."
  }
}

variable "budgets" {
  type = map(object({
    amount      = number
    account_ids = list(string)
    mail        = list(string)
  }))
  description = "Budgets for a month by name: amount, accounts (none for all of the account itself), and who gets mail."

  validation {
    condition     = alltrue([for b in values(var.budgets) : b.amount > 0])
    error_message = "A budget is more than nothing."
  }
}

variable "forecast_percent" {
  type        = number
  description = "Percent of a budget whose forecast people are told about."

  validation {
    condition     = var.forecast_percent > 0 && var.forecast_percent <= 100
    error_message = "People are told between 1 and 100 percent."
  }
}

variable "anomaly_amount" {
  type        = number
  description = "Amount from which something that nobody planned is told at once."
}

variable "mail" {
  type        = string
  description = "Address that gets the smaller anomalies once a day; null for nobody."
  default     = null
}

variable "topic_arn" {
  type        = string
  description = "Topic for all of it."
}
