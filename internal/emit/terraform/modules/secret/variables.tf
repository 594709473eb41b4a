variable "name" {
  type        = string
  description = "Name, such as kestrel/prod/observe/APM_LICENSE_KEY."
}

variable "description" {
  type        = string
  description = "What it is for."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the secret."
}

variable "account_id" {
  type        = string
  description = "Number of the account whose principals alone may read it."
}
