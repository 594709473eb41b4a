variable "name" {
  type        = string
  description = "Name of the VPC."
}

variable "region" {
  type        = string
  description = "Region, for the names of the services."
}

variable "vpc_id" {
  type        = string
  description = "VPC that has the endpoints."
}

variable "subnet_ids" {
  type        = list(string)
  description = "One subnet in every zone."
}

variable "clients" {
  type        = map(string)
  description = "Address ranges that may use the endpoints, by name."

  validation {
    condition     = !contains(values(var.clients), "0.0.0.0/0")
    error_message = "Endpoints are for the VPC's own ranges."
  }
}

variable "services" {
  type        = set(string)
  description = "Names of the services, such as ecr.api or sts."
}

variable "organization_id" {
  type        = string
  description = "Organization whose principals may use the endpoints."
}

variable "account_id" {
  type        = string
  description = "Account whose principals alone may use the endpoints, as production demands; null for the whole organization."
  default     = null
}
