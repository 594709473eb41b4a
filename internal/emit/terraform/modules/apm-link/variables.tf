variable "role_name" {
  type        = string
  description = "Name of the role."
}

variable "external_id" {
  type        = string
  description = "Number of the account at New Relic, without which nobody takes the role."
}
