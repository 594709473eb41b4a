variable "name" {
  type        = string
  description = "Name of the load balancer, at most 24 characters: those of its target groups begin with it."

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z-]{0,22}[0-9A-Za-z]$", var.name))
    error_message = "A name has at most 24 letters, digits and dashes."
  }
}

variable "tier" {
  type        = string
  description = "Side of the wall that it serves."
}

variable "vpc_id" {
  type        = string
  description = "Network of the tools."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets of the tier's tools, one for each zone."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "An Application Load Balancer stands in two zones at least."
  }
}

variable "tools" {
  type = map(object({
    host        = string
    port        = number
    health_path = string
    priority    = number
    agent_paths = optional(list(string), [])
  }))
  description = "Tools by name: host, port, the path that says that it is well, the place of its rules, and the paths that build agents use without a sign-in."

  validation {
    condition     = length(var.tools) > 0 && length(distinct([for t in var.tools : t.priority])) == length(var.tools) && alltrue([for t in var.tools : t.priority % 10 == 0])
    error_message = "There is a tool, and each has a priority of its own, in steps of ten."
  }

  validation {
    condition     = alltrue([for t in var.tools : length(t.agent_paths) <= 5 && alltrue([for p in t.agent_paths : !contains(["/", "/*", "*"], p)])])
    error_message = "Agents come to certain paths only, five at most."
  }
}

variable "people" {
  type        = map(object({ cidr = string, why = string }))
  description = "From where people come: the VPN of the tier, and sites."

  validation {
    condition     = length(var.people) > 0 && length(var.people) <= 4 && alltrue([for p in var.people : p.cidr != "0.0.0.0/0"])
    error_message = "People come from one to four ranges (a rule has five values), and never from everywhere."
  }
}

variable "agents" {
  type        = map(object({ cidr = string, why = string }))
  description = "Subnets of the tier's build agents."

  validation {
    condition     = length(var.agents) <= 3 && alltrue([for a in var.agents : a.cidr != "0.0.0.0/0"])
    error_message = "Agents have a subnet in each zone, three at most."
  }
}

variable "sign_in" {
  type = object({
    issuer                 = string
    authorization_endpoint = string
    token_endpoint         = string
    user_info_endpoint     = string
    client_id              = string
  })
  description = "The company's sign-in (OpenID Connect)."
}

variable "client_secret" {
  type        = string
  description = "Secret of the client at the sign-in."
  sensitive   = true
}

variable "authority_arn" {
  type        = string
  description = "Private authority that signs the certificate."
}

variable "zone_id" {
  type        = string
  description = "Private zone of the tier's tools."
}

variable "log_bucket" {
  type        = string
  description = "Bucket for logs of load balancers."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}
