variable "name" {
  type        = string
  description = "Beginning of all names."
}

variable "region" {
  type        = string
  description = "Region of the metrics."
}

variable "dashboards" {
  type = map(object({
    about = string
    widgets = list(object({
      title      = string
      expression = string
      statistic  = string
    }))
  }))
  description = "Dashboards by name: what they are about, and a search or query for each widget."
}

variable "queries" {
  type = map(object({
    log_groups = list(string)
    query      = string
  }))
  description = "Saved questions to log groups."
  default     = {}
}
