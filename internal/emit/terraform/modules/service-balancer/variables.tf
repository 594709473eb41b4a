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

variable "target_cidrs" {
  type        = map(string)
  description = "Subnets in which the service runs, by name."
}

variable "target_type" {
  type        = string
  description = "How replicas are registered: ip for pods, instance for machines of an Auto Scaling group."
  default     = "ip"

  validation {
    condition     = contains(["ip", "instance"], var.target_type)
    error_message = "Replicas are registered as ip or as instance."
  }
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

variable "web" {
  type        = bool
  description = "Whether the port main is there on 443 too, for private routes."
  default     = false
}
