variable "name" {
  type        = string
  description = "Name of the vault."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{2,50}$", var.name))
    error_message = "A vault's name has 2 to 50 letters, digits, dashes and underscores."
  }
}

variable "account_id" {
  type        = string
  description = "Number of the account; nobody else gets in."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the copies, of the vault's own region."
}

variable "min_retention_days" {
  type        = number
  description = "Days for which every copy stays at least."

  validation {
    condition     = var.min_retention_days >= 1
    error_message = "A lock keeps copies for a day at least."
  }
}

variable "max_retention_days" {
  type        = number
  description = "Days for which a copy stays at most."

  validation {
    condition     = var.max_retention_days >= var.min_retention_days && var.max_retention_days <= 36500
    error_message = "The most is not below the least, and at most 36500 days."
  }
}

variable "compliance" {
  type        = bool
  description = "Whether the lock can never be removed (after three days to change one's mind)."
}

variable "keeper_role_arns" {
  type        = list(string)
  description = "Roles that may change the vault, as patterns; they too are bound by the lock."
}

variable "topic_arn" {
  type        = string
  description = "Topic that is told about jobs that failed."
}

variable "air_gapped_name" {
  type        = string
  description = "Name of the second vault, which AWS keeps outside the account; null for none."
  default     = null
}
