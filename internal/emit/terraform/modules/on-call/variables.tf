variable "name" {
  type        = string
  description = "Name of the platform, at the beginning of all names."
}

variable "people" {
  type        = map(string)
  description = "Mail addresses by name."
}

variable "teams" {
  type = map(object({
    description = string
    members     = list(string)
    manager     = optional(string)
  }))
  description = "Teams by name."
}

variable "schedules" {
  type = map(object({
    team         = string
    description  = string
    zone         = string
    start        = string
    turn_seconds = number
    users        = list(string)
    hours = list(object({
      day     = number
      from    = string
      seconds = number
    }))
  }))
  description = "Schedules by team and layer. Without hours they cover every minute."

  validation {
    condition     = alltrue([for s in var.schedules : length(s.users) > 0 && s.turn_seconds >= 3600])
    error_message = "A schedule has people, and a turn of an hour or more."
  }
}

variable "policies" {
  type = map(object({
    steps = list(object({
      schedule = string
      minutes  = number
    }))
    manager = optional(string)
    loops   = number
  }))
  description = "Escalations by team: schedules in turn, the manager at the end."

  validation {
    condition     = alltrue([for p in var.policies : length(p.steps) > 0 && p.loops >= 0 && p.loops <= 9])
    error_message = "An escalation has steps and at most nine loops."
  }
}

variable "services" {
  type = map(object({
    description = string
    policy      = string
    team_wide   = bool
    support = optional(object({
      zone = string
      from = string
      to   = string
      days = list(number)
    }))
  }))
  description = "Services: those of the platform by name, and one for all else of a team. With support hours nobody is woken outside them."
}

variable "fallback" {
  type        = string
  description = "Service for events that no rule takes."
}

variable "journeys" {
  type = map(object({
    description = string
    contact     = string
    team        = string
    service     = string
  }))
  description = "Business services by public route."
}

variable "dependencies" {
  type = map(object({
    from = string
    to   = string
  }))
  description = "Which service needs which."
}
