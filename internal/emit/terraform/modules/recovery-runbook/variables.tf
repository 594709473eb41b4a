variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-prod-recovery."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,70}$", var.name))
    error_message = "A state machine's name has at most 80 letters, digits, dashes and underscores."
  }
}

variable "environment" {
  type        = string
  description = "Environment that is brought up."
}

variable "region" {
  type        = string
  description = "Region in which it is brought up: that of this root."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "waves" {
  type = list(object({
    what = string
    promote = list(object({
      store  = string
      engine = string
    }))
    services = list(object({
      service      = string
      target_group = string
      least        = number
    }))
  }))
  description = "What is brought up together, in order: stores on machines that are promoted, and services of which at least so many targets must be healthy."

  validation {
    condition     = length(var.waves) >= 1 && length(var.waves) < 100
    error_message = "There are 1 to 99 waves."
  }
}

variable "clusters" {
  type = map(object({
    cluster    = string
    node_group = string
    nodes      = number
  }))
  description = "Clusters by segment, with the node group that grows and to how many nodes."
}

variable "rto_minutes" {
  type        = number
  description = "Minutes that are promised; then the run is given up and people are told."
}

variable "approvals" {
  type        = number
  description = "How many people must say yes."

  validation {
    condition     = var.approvals >= 1
    error_message = "Somebody says yes."
  }
}

variable "approver_role_arns" {
  type        = list(string)
  description = "Roles whose people may say yes."
}

variable "vault_name" {
  type        = string
  description = "Vault of this region with the copies."
}

variable "quotas" {
  type = map(object({
    service = string
    code    = string
    value   = number
  }))
  description = "Quotas of this region that are raised beforehand."
}

variable "topic_arn" {
  type        = string
  description = "Topic by which people are asked."
}

variable "topic_key_arn" {
  type        = string
  description = "Key of that topic."
}

variable "data_key_arn" {
  type        = string
  description = "Key of the state machine."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log."
}

variable "machine_role_name" {
  type        = string
  description = "Name of the state machine's role."

  validation {
    condition     = length(var.machine_role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "document_role_name" {
  type        = string
  description = "Name of the document's role."

  validation {
    condition     = length(var.document_role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}
