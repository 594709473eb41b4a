variable "name" {
  type        = string
  description = "Name of the platform."
}

variable "runbooks" {
  type        = string
  description = "Beginning of the addresses of runbooks."
}

variable "teams" {
  type = map(object({
    mail = optional(string)
  }))
  description = "Teams that own services."
}

variable "services" {
  type = map(object({
    service         = string
    environment     = string
    team            = string
    tier            = number
    availability    = optional(number)
    warning_errors  = number
    critical_errors = number
    latency_seconds = optional(number)
    percentile      = optional(number)
  }))
  description = "Services by environment and name, such as prod/booking, with their promises in percent and seconds."

  validation {
    condition     = alltrue([for k, s in var.services : k == "${s.environment}/${s.service}"])
    error_message = "A service's key is its environment, a slash and its name: muting finds it by that."
  }
}

variable "routes" {
  type = map(object({
    url         = string
    environment = string
  }))
  description = "Public addresses that are asked from outside."
}

variable "hosts" {
  type        = set(string)
  description = "Hosts whose certificates are watched."
}

variable "locations" {
  type        = set(string)
  description = "Where monitors ask from."
  default     = ["AWS_AP_SOUTH_1", "AWS_AP_SOUTHEAST_1"]
}

variable "stopped" {
  type = map(object({
    environment = string
    start       = string
    end         = string
    zone        = string
    days        = set(string)
  }))
  description = "Times in which an environment is stopped: from and to without an offset, and the days on which they begin."
}

variable "redact" {
  type        = map(string)
  description = "Expressions of what is masked, by name."
}

variable "links" {
  type        = map(string)
  description = "Roles by which accounts are read."
}

variable "production" {
  type        = list(string)
  description = "Environments in which customers are served."
}

variable "regions" {
  type        = list(string)
  description = "Regions whose figures are read."
}

variable "page" {
  type        = bool
  description = "Whether what is critical in production wakes somebody."
}

variable "pagerduty_key" {
  type        = string
  description = "Key of the integration that wakes people."
  default     = null
  sensitive   = true
}

variable "slack_destination" {
  type        = string
  description = "Id of the destination that was made when New Relic was let into Slack; null for none."
  default     = null
}

variable "slack_channels" {
  type        = map(string)
  description = "Channels by team, such as C0123456789."
  default     = {}
}

variable "maintenance" {
  type = map(object({
    description = string
    start       = string
    end         = string
    services    = list(string)
  }))
  description = "Announced work by name: from and to in UTC, such as 2026-12-01T20:00:00Z, and the services that alert nobody then."
  default     = {}

  validation {
    condition     = alltrue([for m in var.maintenance : endswith(m.start, "Z") && endswith(m.end, "Z")])
    error_message = "Times are in UTC and end with Z."
  }
}
