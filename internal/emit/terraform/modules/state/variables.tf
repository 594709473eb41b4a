variable "platform" {
  type        = string
  description = "Name of the platform, with which names of clusters and groups begin."
}

variable "account" {
  type        = string
  description = "Name of the account."
}

variable "account_id" {
  type        = string
  description = "Number of the account."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account has twelve digits."
  }
}

variable "bucket" {
  type        = string
  description = "Name of the bucket."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name has 3 to 63 lower-case letters, digits, dots and dashes."
  }
}

variable "layers" {
  type        = map(string)
  description = "Layers that are applied in this account, with the AWS managed policy that suffices for each."
}

variable "agent_role_arns" {
  type        = list(string)
  description = "Roles of the build agents of this account's tier."
}

variable "external_id" {
  type        = string
  description = "Value that agents must present, so that nobody else's automation can be talked into using the roles."
}

variable "break_glass_principal_arns" {
  type        = list(string)
  description = "Who may break the glass."
}
