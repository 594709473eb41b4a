variable "name" {
  type        = string
  description = "Name of the group; it is found by it."
}

variable "service" {
  type        = string
  description = "Service whose pods have it."
}

variable "vpc_id" {
  type        = string
  description = "Network of the cluster."
}

variable "node_security_group_id" {
  type        = string
  description = "Group of nodes, and of all pods without one of their own."
}

variable "ports" {
  type        = list(number)
  description = "Ports of the service."

  validation {
    condition     = !contains(var.ports, 9464)
    error_message = "9464 is the port of figures."
  }
}

variable "clients" {
  type = map(object({
    cidr = string
    port = number
    why  = string
  }))
  description = "Who comes from outside the cluster: its load balancer."
}

variable "callers" {
  type = map(object({
    group = string
    port  = number
  }))
  description = "Services of the cluster that call it and have groups of their own."
}

variable "callees" {
  type        = map(number)
  description = "Ports of the services of the cluster that it calls and that have no group of their own."
}

variable "targets" {
  type = map(object({
    cidr = string
    port = number
    why  = string
  }))
  description = "What it reaches outside the cluster."
}

variable "internet" {
  type        = bool
  description = "Whether it names domains on the internet."
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Addresses of S3, when it has a bucket."
  default     = null
}
