variable "name" {
  type        = string
  description = "Name of the load balancer, at most 32 characters."

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z-]{0,30}[0-9A-Za-z]$", var.name))
    error_message = "A load balancer's name has at most 32 letters, digits and dashes."
  }
}

variable "target_prefix" {
  type        = string
  description = "Beginning of the names of its target groups; they too have at most 32 characters."
}

variable "service" {
  type        = string
  description = "Name of the service."
}

variable "vpc_id" {
  type        = string
  description = "Network of the service."
}

variable "subnet_ids" {
  type        = map(string)
  description = "Subnets of load balancers by zone letter."
}

variable "addresses" {
  type        = map(string)
  description = "Fixed address by zone letter."
}

variable "ports" {
  type        = map(number)
  description = "Ports by name."
}

variable "clients" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "Who opens connections, by a name that never changes."

  validation {
    condition     = alltrue([for c in var.clients : c.cidr != "0.0.0.0/0"])
    error_message = "Callers are subnets of ours."
  }
}

variable "pod_cidrs" {
  type        = map(string)
  description = "Subnets of the pods, by name."
}

variable "zone_id" {
  type        = string
  description = "Private zone of the environment."
}

variable "protected" {
  type        = bool
  description = "Whether it refuses to be deleted by an API call."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}
