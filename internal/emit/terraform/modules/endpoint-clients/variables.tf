variable "name" {
  type        = string
  description = "Name of the network."
}

variable "vpc_id" {
  type        = string
  description = "VPC of the network."
}

variable "cidr" {
  type        = string
  description = "Address range of the network."

  validation {
    condition     = can(cidrnetmask(var.cidr)) && var.cidr != "0.0.0.0/0"
    error_message = "The range of one network is needed, such as 10.34.0.0/16."
  }
}

variable "owner" {
  type        = string
  description = "Name of the network that has the endpoints."
}

variable "zones" {
  type        = map(string)
  description = "Private zones of the services that are used, by the services' names."
}

variable "authorize" {
  type        = bool
  description = "Whether the zones belong to another account, which has to allow the binding."
  default     = true
}
