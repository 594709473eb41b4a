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

variable "phones" {
  type = map(object({
    country_code = number
    number       = string
  }))
  description = "Telephone numbers by name, for people whose number is known."
  default     = {}
}

variable "first_services" {
  type        = list(string)
  description = "Services whose failure customers notice at once."
}

variable "quiet_environments" {
  type        = list(string)
  description = "Environments that no customer sees: their events wake nobody."
}

variable "slack_workspace" {
  type        = string
  description = "Workspace in Slack, such as T0123456789, that PagerDuty was let into; null for none."
  default     = null
}

variable "slack_channels" {
  type        = map(string)
  description = "Channels by team, such as C0123456789."
  default     = {}
}

variable "jira" {
  type = object({
    subdomain        = string
    project_id       = string
    issue_type_id    = string
    issue_type_name  = string
    open_status_id   = string
    open_status_name = string
    done_status_id   = string
    done_status_name = string
  })
  description = "Ids in Jira of what incidents become; null for no issues."
  default     = null
}

variable "jira_project" {
  type = object({
    key  = string
    name = string
  })
  description = "Project in Jira in which incidents become issues."
  default     = null
}

variable "maintenance" {
  type = map(object({
    description = string
    start       = string
    end         = string
    services    = list(string)
  }))
  description = "Announced work by name: from and to in RFC 3339, and the services that call nobody then."
  default     = {}
}
