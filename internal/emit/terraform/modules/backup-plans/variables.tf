variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-prod."
}

variable "environment" {
  type        = string
  description = "Environment whose resources are copied: the tag paddock:env."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "role_name" {
  type        = string
  description = "Name of the role that makes copies and restores them."

  validation {
    condition     = length(var.role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "vault_name" {
  type        = string
  description = "Vault of this region that takes the copies."
}

variable "vault_arn" {
  type        = string
  description = "ARN of that vault."
}

variable "lock" {
  type = object({
    min_days = number
    max_days = number
  })
  description = "Days between which the vault's lock holds every copy."
}

variable "copies" {
  type = map(object({
    vault_arn = string
    min_days  = number
    max_days  = number
  }))
  description = "Vaults that get a copy of every copy, with the days of their locks: the recovery region's, and the one outside the account."
  default     = {}
}

variable "time_zone" {
  type        = string
  description = "Time zone of the schedules."
}

variable "classes" {
  type = map(object({
    match     = string
    resources = list(string)
    rules = map(object({
      schedule           = string
      keep_days          = number
      cold_after_days    = optional(number)
      completion_minutes = optional(number, 480)
      continuous         = optional(bool, false)
      copy               = optional(bool, false)
    }))
  }))
  description = "Plans by class: the value of the tag paddock:backup, which types of resources, and rules with their schedules and the days for which copies stay."

  validation {
    condition     = alltrue(flatten([for c in values(var.classes) : [for r in values(c.rules) : r.keep_days >= var.lock.min_days && r.keep_days <= var.lock.max_days]]))
    error_message = "A rule keeps copies for fewer or more days than the lock of the vault allows: its jobs would fail every night."
  }

  validation {
    condition     = alltrue(flatten([for c in values(var.classes) : [for r in values(c.rules) : [for d in values(var.copies) : r.keep_days >= d.min_days && r.keep_days <= d.max_days] if r.copy]]))
    error_message = "A rule's copies do not fit the lock of the vault that they go to: its copy jobs would fail every night."
  }

  validation {
    condition     = alltrue(flatten([for c in values(var.classes) : [for r in values(c.rules) : r.cold_after_days == null ? true : r.keep_days >= r.cold_after_days + 90]]))
    error_message = "What goes to cold storage stays there for 90 days at least."
  }

  validation {
    condition     = alltrue(flatten([for c in values(var.classes) : [for r in values(c.rules) : r.continuous ? r.keep_days <= 35 && r.cold_after_days == null : true]]))
    error_message = "A continuous copy is kept for at most 35 days, and not in cold storage."
  }
}

variable "resource_types" {
  type        = set(string)
  description = "Types of resources that AWS Backup may copy in this region, as its settings call them."
}

variable "region_settings" {
  type        = bool
  description = "Whether this root owns the settings of the account's region."
}

variable "restore_test" {
  type = object({
    name     = string
    schedule = string
    types    = map(map(string))
  })
  description = "The restore that is tried by the clock: its name, schedule, and for each type of resource what the restore is told beside what follows from the copy; null for none."
  default     = null

  validation {
    condition     = var.restore_test == null || can(regex("^[A-Za-z0-9_]{1,50}$", try(var.restore_test.name, "")))
    error_message = "The name of a restore test has letters, digits and underscores only."
  }
}

variable "restore_minutes" {
  type        = number
  description = "Minutes in which a restore must be done, from the recovery targets; null for none."
  default     = null
}

variable "report_bucket" {
  type        = string
  description = "Name of the bucket of the reports."
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket of the same account and region that takes the log of accesses."
}

variable "topic_arn" {
  type        = string
  description = "Topic that is told about restores that failed."
}
