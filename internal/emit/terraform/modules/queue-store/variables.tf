variable "name" {
  type        = string
  description = "Name of the queue."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,75}$", var.name))
    error_message = "A queue's name has at most 75 letters, digits, dashes and underscores here: the queue of the dead has five more."
  }
}

variable "account_id" {
  type        = string
  description = "Number of the account; nobody else gets in."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the messages."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags."
  default     = {}
}
