variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-prod."
}

variable "environment" {
  type        = string
  description = "Environment whose machines are patched: the tag paddock:env."
}

variable "region" {
  type        = string
  description = "Region of the machines."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "systems" {
  type = map(list(object({
    filters      = map(list(string))
    level        = string
    non_security = bool
    at_once      = optional(bool, false)
  })))
  description = "Operating systems by the name that Patch Manager has for them, each with rules: which patches, how bad it is to lack them, and whether they are taken at once. Empty where another root sets the account's baselines."

  validation {
    condition     = length(setsubtract(keys(var.systems), ["AMAZON_LINUX_2023", "UBUNTU", "DEBIAN", "REDHAT_ENTERPRISE_LINUX", "ROCKY_LINUX"])) == 0
    error_message = "An operating system is one of AMAZON_LINUX_2023, UBUNTU, DEBIAN, REDHAT_ENTERPRISE_LINUX, ROCKY_LINUX."
  }

  validation {
    condition     = alltrue(flatten([for rules in values(var.systems) : [for r in rules : contains(["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNSPECIFIED"], r.level)]]))
    error_message = "A level is one of CRITICAL, HIGH, MEDIUM, LOW, INFORMATIONAL, UNSPECIFIED."
  }
}

variable "approve_after_days" {
  type        = number
  description = "Days between the appearance of a patch and its approval: the earlier environments try it first."

  validation {
    condition     = var.approve_after_days >= 0 && var.approve_after_days <= 100
    error_message = "Patches are approved after 0 to 100 days."
  }
}

variable "rejected_patches" {
  type        = list(string)
  description = "Packages that are never touched."
}

variable "scan_schedule" {
  type        = string
  description = "When machines are looked at, in UTC as associations have no time zone."
}

variable "windows" {
  type = map(object({
    description = string
    schedule    = string
    time_zone   = string
    hours       = number
    groups = map(object({
      order  = number
      tags   = map(string)
      quorum = bool
      health = string
    }))
  }))
  description = "Windows by name: when, for how many hours, and which groups of machines in which order, with the command that says that a store is whole."

  validation {
    condition     = alltrue([for w in values(var.windows) : w.hours >= 2 && w.hours <= 24])
    error_message = "A window is open for 2 to 24 hours, of which the last starts nothing new."
  }

  validation {
    condition     = alltrue([for w in values(var.windows) : length(distinct([for g in values(w.groups) : g.order])) == length(w.groups)])
    error_message = "Two groups of a window have the same order: they would be patched at once."
  }
}

variable "role_name" {
  type        = string
  description = "Name of the role by which the windows act."

  validation {
    condition     = length(var.role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log."
}

variable "topic_arn" {
  type        = string
  description = "Topic that is told about windows that went wrong and machines that lack patches."
}
