variable "name" {
  type        = string
  description = "Name of the policy."
}

variable "destination_arn" {
  type        = string
  description = "Destination in the shared account."
}

variable "except" {
  type        = list(string)
  description = "Log groups that are left out."
}
