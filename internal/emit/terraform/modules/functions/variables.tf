variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-dev."
}

variable "environment" {
  type        = string
  description = "Environment whose resources the functions look after: the tag paddock:env."
}

variable "production" {
  type        = list(string)
  description = "Environments of production, which no function may change."

  validation {
    condition     = !contains(var.production, var.environment) || alltrue([for f in values(var.functions) : length(f.changes) == 0])
    error_message = "A function that changes something is never given to production: it only reports there."
  }
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "archives" {
  type        = string
  description = "Folder of the functions' archives."
}

variable "functions" {
  type = map(object({
    description     = string
    archive         = string
    role_name       = string
    memory_mib      = optional(number, 128)
    timeout_seconds = number
    settings        = map(string)
    concurrency     = optional(number, 1)
    reads           = list(string)
    changes         = list(string)
    tells           = optional(list(string), [])
    buckets         = optional(list(string), [])
    schedules = map(object({
      description = string
      expression  = string
      time_zone   = string
      input       = string
    }))
    events = optional(map(object({
      description = string
      pattern     = string
    })), {})
    finding = optional(object({
      pattern     = string
      description = string
    }))
  }))
  description = "Functions by name: what each does, its archive, role, settings, the calls by which it looks, those by which it changes things and those by which it only says what it found, the buckets (as ARNs or patterns of them) whose objects it reads, when it is called with what, the events that call it, and the lines of its log that somebody must read."

  validation {
    condition     = alltrue([for f in values(var.functions) : f.timeout_seconds >= 1 && f.timeout_seconds <= 900])
    error_message = "A function runs for at most 900 seconds."
  }

  validation {
    condition     = alltrue([for f in values(var.functions) : length(f.role_name) <= 64])
    error_message = "A role's name has at most 64 characters."
  }

  validation {
    condition     = alltrue(flatten([for f in values(var.functions) : [for a in f.reads : can(regex("^[a-z0-9-]+:(Describe|Get|List|Lookup|View)", a))]]))
    error_message = "Calls by which a function looks begin with Describe, Get, List, Lookup or View."
  }

  validation {
    condition     = alltrue(flatten([for f in values(var.functions) : [for a in f.tells : contains(["backup:PutRestoreValidationResult"], a)]]))
    error_message = "A call by which a function only says what it found changes no resource."
  }

  validation {
    condition     = alltrue(flatten([for f in values(var.functions) : [for b in f.buckets : can(regex("^arn:aws:s3:::[a-z0-9.-]{3,}\\*?$", b))]]))
    error_message = "Buckets are ARNs that may end with a star."
  }
}

variable "bucket" {
  type        = string
  description = "Bucket of archives, as they are rendered and as they are signed; it keeps versions."
}

variable "data_key_arn" {
  type        = string
  description = "Key of settings, schedules and the queue."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the logs."
}

variable "scheduler_role_name" {
  type        = string
  description = "Name of the role by which the clock calls the functions."

  validation {
    condition     = length(var.scheduler_role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}
