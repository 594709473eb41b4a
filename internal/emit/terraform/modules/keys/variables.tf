variable "platform" {
  type        = string
  description = "Name of the platform, the first part of every alias."
}

variable "owner" {
  type        = string
  description = "Environment or account that the keys are for."
}

variable "purposes" {
  type        = set(string)
  description = "What the keys are for."

  validation {
    condition     = length(setsubtract(var.purposes, ["data", "logs", "secrets", "alarms", "backup"])) == 0
    error_message = "A purpose is one of data, logs, secrets, alarms, backup."
  }
}

variable "multi_region" {
  type        = set(string)
  description = "Purposes whose keys get a replica in the recovery region, so that copies can be read there without this one."
  default     = []
}

variable "writer_accounts" {
  type        = list(string)
  description = "Further accounts whose services write through the key of logs, for places that collect them."
  default     = []
}

variable "trail_readers" {
  type        = list(string)
  description = "Accounts that read the files of a trail that is written with the key of logs."
  default     = []
}

variable "shipped_buckets" {
  type        = list(string)
  description = "ARNs of the buckets into which shippers of these accounts write by themselves."
  default     = []
}
