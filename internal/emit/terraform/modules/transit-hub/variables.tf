variable "name" {
  type        = string
  description = "Name of the hub."
}

variable "asn" {
  type        = number
  description = "Private autonomous system number of the Amazon side; other accounts find the hub by it."

  validation {
    condition     = var.asn >= 64512 && var.asn <= 65534
    error_message = "A private 16-bit number is needed: 64512 to 65534."
  }
}

variable "encryption" {
  type        = bool
  description = "Whether attachments may demand encryption in transit."
  default     = true
}

variable "accounts" {
  type        = map(string)
  description = "Accounts that may attach their networks: number by name."
}

variable "flow_log_bucket_arn" {
  type        = string
  description = "Bucket that takes the flow logs."
}
