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

variable "zones" {
  type        = map(string)
  description = "Private zones of services by the services' names, for endpoints that networks elsewhere use; a service without one has the names that AWS makes, in this VPC alone."
  default     = {}

  validation {
    condition     = alltrue([for k in keys(var.zones) : contains(var.services, k)])
    error_message = "Every zone is of a service that has an endpoint."
  }
}

variable "apart" {
  type = object({
    account_ids = list(string)
    from        = list(string)
  })
  description = "Accounts whose principals may use the endpoints from these address ranges alone; null for none."
  default     = null
}
