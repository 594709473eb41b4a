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
