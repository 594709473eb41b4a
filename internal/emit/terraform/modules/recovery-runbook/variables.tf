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

variable "things" {
  type = map(object({
    wave         = number
    engine       = optional(string)
    id           = optional(string)
    target_group = optional(string)
  }))
  description = "What is brought up, by address such as store/ledger: its wave, the engine of a store that is promoted and the id of what AWS runs (the name of a store on machines otherwise), and the target group of a service that must be healthy."

  validation {
    condition     = alltrue([for t in values(var.things) : t.engine == null ? true : contains(["kafka", "mongodb", "rds", "singlestore", "valkey"], t.engine)])
    error_message = "There is a document for kafka, mongodb, rds, singlestore and valkey."
  }

  validation {
    condition     = length(var.things) >= 1 && alltrue([for t in values(var.things) : t.wave >= 1 && t.wave < 1000])
    error_message = "There is something to bring up, in waves from 1 to 999."
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

variable "secret_prefix" {
  type        = string
  description = "Beginning of the names of the stores' secrets, such as kestrel/prod."
}

variable "names" {
  type        = string
  description = "A sentence that says who sends the public names to this region."
}

variable "deep_urls" {
  type        = list(string)
  description = "Addresses that ask every dependency; they are asked at the end."
}

variable "vault_name" {
  type        = string
  description = "Vault of this region with the copies."
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
