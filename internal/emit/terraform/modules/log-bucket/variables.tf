variable "bucket" {
  type        = string
  description = "Name of the bucket."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dots and dashes."
  }
}

variable "class" {
  type        = string
  description = "What it takes: application, trail, flow, resolver, firewall, waf, elb, access, config or cdn."

  validation {
    condition     = contains(["application", "trail", "flow", "resolver", "firewall", "waf", "elb", "access", "config", "cdn"], var.class)
    error_message = "A class is one of application, trail, flow, resolver, firewall, waf, elb, access, config, cdn."
  }
}

variable "sources" {
  type        = list(string)
  description = "Accounts whose services may write; for the trail, the trail's ARN."
}

variable "organization_id" {
  type        = string
  description = "Organization whose people may read."
}

variable "kms_key_arn" {
  type        = string
  description = "Key for the classes whose writers accept one."
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket that takes the log of accesses; null for that bucket itself."
  default     = null
}

variable "hot_days" {
  type        = number
  description = "Days in which the logs are searched; they cannot be deleted before."

  validation {
    condition     = var.hot_days >= 30
    error_message = "Storage classes change after 30 days at the earliest."
  }
}

variable "cold_days" {
  type        = number
  description = "Days after which they are gone; as many as hot_days for classes without an archive."
}

variable "logged_buckets" {
  type        = set(string)
  description = "Buckets that were there before this one and log their accesses here."
  default     = []

  validation {
    condition     = length(var.logged_buckets) == 0 || var.class == "access"
    error_message = "Accesses are logged to a bucket of the class access."
  }
}
