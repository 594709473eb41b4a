variable "domain" {
  type        = string
  description = "Domain, such as kestrelcars.example."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "issuers" {
  type        = list(string)
  description = "Who may issue certificates."
  default     = ["amazon.com", "letsencrypt.org"]
}
