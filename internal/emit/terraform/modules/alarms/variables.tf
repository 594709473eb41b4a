variable "name" {
  type        = string
  description = "Beginning of all names, such as kestrel-prod."
}

variable "queries" {
  type = map(object({
    query       = string
    period      = number
    periods     = number
    datapoints  = number
    threshold   = number
    comparison  = string
    missing     = string
    topic       = string
    description = string
  }))
  description = "Alarms over Metrics Insights queries by name."
  default     = {}

  validation {
    condition     = alltrue([for q in var.queries : strcontains(q.description, "Runbook:")])
    error_message = "An alarm says what to do about it."
  }
}

variable "metrics" {
  type = map(object({
    namespace   = string
    metric      = string
    dimensions  = map(string)
    statistic   = string
    period      = number
    periods     = number
    datapoints  = number
    threshold   = number
    comparison  = string
    missing     = string
    topic       = string
    description = string
  }))
  description = "Alarms over single metrics by name."
  default     = {}

  validation {
    condition     = alltrue([for m in var.metrics : strcontains(m.description, "Runbook:")])
    error_message = "An alarm says what to do about it."
  }
}

variable "quotas" {
  type = map(object({
    metric     = string
    dimensions = map(string)
  }))
  description = "Quotas that are watched, by name: the metric of AWS/Usage."
  default     = {}
}

variable "quota_topic" {
  type        = string
  description = "Topic for quotas."
}

variable "paths" {
  type = map(object({
    alarms      = list(string)
    topic       = string
    description = string
  }))
  description = "Composite alarms by the service at the beginning of the path."
  default     = {}

  validation {
    condition     = alltrue([for p in var.paths : length(p.alarms) > 0 && length(p.alarms) <= 100])
    error_message = "A composite alarm has 1 to 100 parts."
  }
}

variable "events" {
  type = map(object({
    pattern     = string
    topic       = string
    description = string
  }))
  description = "Events that people are told about."
  default     = {}
}

variable "contributors" {
  type = map(object({
    log_groups = list(string)
    keys       = list(string)
    filters    = list(object({ Match = string, In = optional(list(string)), GreaterThan = optional(number), StartsWith = optional(list(string)) }))
  }))
  description = "Contributor Insights rules by name."
  default     = {}
}
