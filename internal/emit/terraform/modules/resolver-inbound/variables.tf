variable "name" {
  type        = string
  description = "Name of the endpoint."
}

variable "vpc_id" {
  type        = string
  description = "Network whose names are answered."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets that take the questions, in two zones or more."

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Route 53 asks for two addresses, in different zones."
  }
}

variable "clients" {
  type        = map(string)
  description = "Address ranges that may ask, by name."

  validation {
    condition     = !contains(values(var.clients), "0.0.0.0/0")
    error_message = "Private names are not for everybody."
  }
}
