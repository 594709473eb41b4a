variable "account_id" {
  type        = string
  description = "Number of the account that looks after security."
}
