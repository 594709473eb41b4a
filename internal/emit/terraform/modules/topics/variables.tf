variable "account_id" {
  type        = string
  description = "Number of the account whose services publish."
}

variable "topics" {
  type = map(object({
    name = string
    mail = list(string)
    page = optional(bool, false)
  }))
  description = "Topics by severity: name, addresses that get mail, and whether the paging service hears of it."
}

variable "page_parameters" {
  type        = string
  description = "Path in Parameter Store below which the HTTPS endpoint of the paging service stands, as a SecureString; null where nobody is paged."
  default     = null
}

variable "kms_key_arn" {
  type        = string
  description = "Key that the publishing services may use."
}
