variable "bucket" {
  type        = string
  description = "Name of the bucket."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dots and dashes."
  }
}

variable "account_id" {
  type        = string
  description = "Number of the account; nobody else gets in."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the objects."
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket of the same account and region that takes the log of accesses."
}

variable "keep_days" {
  type        = number
  description = "Days after which objects are gone; null keeps them."
  default     = null
}

variable "replica_bucket_arn" {
  type        = string
  description = "Bucket in the recovery region; null for none."
  default     = null
}

variable "replica_key_arn" {
  type        = string
  description = "Key of the copies."
  default     = null
}

variable "replication_role_name" {
  type        = string
  description = "Name of the role that copies."
  default     = null
}

variable "tags" {
  type        = map(string)
  description = "Tags."
  default     = {}
}
