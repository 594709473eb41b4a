variable "account_id" {
  type        = string
  description = "Number of the account whose services publish."
}

variable "topics" {
  type = map(object({
    name = string
    mail = list(string)
    page = optional(string)
  }))
  description = "Topics by severity: name, addresses that get mail, and the HTTPS endpoint of the paging service."
}

variable "kms_key_arn" {
  type        = string
  description = "Key that the publishing services may use."
}
