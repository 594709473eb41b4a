variable "region" {
  type        = string
  description = "Region of the registry."
}

variable "account_id" {
  type        = string
  description = "Number of the registry's account."
}

variable "role_name" {
  type        = string
  description = "Name of the role that makes cached repositories."
}

variable "upstreams" {
  type        = map(object({ host = string, signs_in = optional(bool, false) }))
  description = "Registries of others by the prefix under which their images are cached."
}

variable "pull_account_ids" {
  type        = list(string)
  description = "Accounts whose clusters pull."
}

variable "data_key_arn" {
  type        = string
  description = "Key of the images."
}

variable "secret_key_arn" {
  type        = string
  description = "Key of the secrets with which the registry signs in at others."
}
