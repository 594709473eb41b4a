variable "name" {
  type        = string
  description = "Name of the environment's canaries."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "region" {
  type        = string
  description = "Region of the canaries."
}

variable "bucket" {
  type        = string
  description = "Bucket for what they saw."
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket that records who reads it."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the bucket."
}

variable "role_name" {
  type        = string
  description = "Name of the role."
}

variable "runtime" {
  type        = string
  description = "Runtime of the canaries."
  default     = "syn-nodejs-puppeteer-13.0"
}

variable "routes" {
  type = map(object({
    name = string
    url  = string
  }))
  description = "Addresses by service and route. A canary's name has at most 255 characters; its function's name is cut at 21."

  validation {
    condition     = alltrue([for r in var.routes : can(regex("^[0-9a-z_-]{1,255}$", r.name)) && startswith(r.url, "https://")])
    error_message = "A canary has a name of lower-case letters, digits, _ and -, and asks over HTTPS."
  }
}

variable "topic" {
  type        = string
  description = "Topic for alarms."
}
