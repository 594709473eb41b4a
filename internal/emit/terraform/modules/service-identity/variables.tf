variable "service" {
  type        = string
  description = "Name of the service and of its service account."
}

variable "role_name" {
  type        = string
  description = "Name of the role."

  validation {
    condition     = length(var.role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "region" {
  type        = string
  description = "Region of what it uses."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "runs_on" {
  type        = string
  description = "What may be the service: pods of a cluster, or machines."
  default     = "pods"

  validation {
    condition     = contains(["pods", "machines"], var.runs_on)
    error_message = "A service runs on pods or on machines."
  }
}

variable "cluster" {
  type        = string
  description = "Name of the cluster; null for machines."
  default     = null

  validation {
    condition     = (var.cluster == null) == (var.runs_on == "machines")
    error_message = "Pods have a cluster, machines have none."
  }
}

variable "cluster_arn" {
  type        = string
  description = "ARN of the cluster; null for machines."
  default     = null
}

variable "namespace" {
  type        = string
  description = "Namespace of the service; null for machines."
  default     = null
}

variable "secrets" {
  type        = map(string)
  description = "Its secret values: full name by short name."
  default     = {}
}

variable "secret_prefixes" {
  type        = list(string)
  description = "Beginnings of the names of all secrets that it reads: its own, and its sign-ins at stores."
  default     = []
}

variable "read_buckets" {
  type        = list(string)
  description = "Buckets that it reads."
  default     = []
}

variable "write_buckets" {
  type        = list(string)
  description = "Buckets that it reads and writes."
  default     = []
}

variable "queues" {
  type        = list(string)
  description = "Queues that it uses."
  default     = []
}

variable "caches" {
  type        = map(string)
  description = "Caches that it uses: its user by replication group."
  default     = {}
}

variable "domains" {
  type        = list(string)
  description = "Search domains that it uses."
  default     = []
}

variable "key_arns" {
  type        = list(string)
  description = "Keys of what it uses."
  default     = []
}

variable "secret_key_arn" {
  type        = string
  description = "Key of its secrets."
}

variable "replica_region" {
  type        = string
  description = "Region that gets copies of the secrets; null for none."
  default     = null
}
