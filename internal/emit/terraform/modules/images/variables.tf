variable "platform" {
  type        = string
  description = "Name of the platform, the first part of every repository."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "repositories" {
  type        = map(string)
  description = "Repositories by service."
}

variable "pull_account_ids" {
  type        = list(string)
  description = "Accounts that pull."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the layers."
}

variable "replica_region" {
  type        = string
  description = "Region that gets copies; null for none."
  default     = null
}

variable "upstreams" {
  type        = map(string)
  description = "Public registries that are cached, by prefix."
  default = {
    "public-ecr" = "public.ecr.aws"
    "kubernetes" = "registry.k8s.io"
    "quay"       = "quay.io"
  }
}
