variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-prod."
}

variable "region" {
  type        = string
  description = "Region of the settings."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "bucket" {
  type        = string
  description = "Bucket that keeps what was typed and shown."
}

variable "data_key_arn" {
  type        = string
  description = "Key by which a session is encrypted from end to end."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log."
}

variable "host_role_name" {
  type        = string
  description = "Name of the role of machines without a profile."

  validation {
    condition     = length(var.host_role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "idle_minutes" {
  type        = number
  description = "Minutes without a key stroke after which a session ends."
  default     = 15

  validation {
    condition     = var.idle_minutes >= 1 && var.idle_minutes <= 60
    error_message = "Sessions end after 1 to 60 idle minutes."
  }
}

variable "longest_minutes" {
  type        = number
  description = "Minutes after which a session ends in any case."
  default     = 480

  validation {
    condition     = var.longest_minutes >= 1 && var.longest_minutes <= 1440
    error_message = "A session lasts 1 to 1440 minutes."
  }
}

variable "topic_arn" {
  type        = string
  description = "Topic that is told when somebody opens a session."
}
