variable "bucket" {
  type        = string
  description = "Name, unique in the world."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 small letters, digits, dots and dashes."
  }
}

variable "own_key" {
  type        = bool
  description = "Whether it is sealed with a key of ours; some services write into buckets with S3's own key only."
  default     = true
}

variable "kms_key_arn" {
  type        = string
  description = "That key."
  default     = null
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket of the same account and region for the log of its readers; null where another root turns it on, or where the log would never end."
  default     = null
}

variable "object_lock" {
  type        = bool
  description = "Whether what is written can be locked for a time."
  default     = false
}

variable "keep" {
  type = object({
    days          = optional(number)
    cold          = optional(object({ days = number, class = string }))
    versions_days = number
    versions      = optional(number)
  })
  description = "Days until things go (null: never) and until they become cold, and how long older versions stay, at least so many of them."
}

variable "statements" {
  type        = any
  description = "More of the bucket's policy: who writes, and who may not."
  default     = []
}

variable "tags" {
  type        = map(string)
  description = "Tags beside the provider's defaults."
  default     = {}
}
