variable "name" {
  type        = string
  description = "Name of the security group."
}

variable "store" {
  type        = string
  description = "Name of the store."
}

variable "environment" {
  type        = string
  description = "Environment that the store is of."
}

variable "region" {
  type        = string
  description = "Region of the store."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "vpc_id" {
  type        = string
  description = "Network of the store."
}

variable "clients" {
  type = map(object({
    cidr = string
    port = number
    why  = string
  }))
  description = "Who opens connections, by a name that never changes: one entry for each source range and port."

  validation {
    condition     = alltrue([for c in var.clients : c.cidr != "0.0.0.0/0" && tonumber(split("/", c.cidr)[1]) >= 16])
    error_message = "Clients of a store are subnets, never a whole network or the world."
  }
}

variable "peer_ports" {
  type        = list(number)
  description = "Ports that the nodes open to one another."
}

variable "replicas" {
  type = map(object({
    cidr = string
    port = number
  }))
  description = "Ranges of the copy in the other region, with the port of replication."
  default     = {}
}

variable "endpoints" {
  type        = map(string)
  description = "Subnets with the interfaces of AWS services."
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Prefix list of S3 in the region; null for stores without machines."
  default     = null
}

variable "watchers" {
  type        = map(string)
  description = "Subnets of the pods that read figures."
}

variable "metric_ports" {
  type        = list(number)
  description = "Ports of the exporters."
}

variable "machines" {
  type        = bool
  description = "Whether the store has machines of ours, which need a role."
}

variable "role_name" {
  type        = string
  description = "Name of the machines' role."
  default     = null
}

variable "secret_prefix" {
  type        = string
  description = "Beginning of the names of the store's secrets."
}

variable "secrets" {
  type        = map(string)
  description = "Secrets of the store: name and what it is."
}

variable "secret_key_arn" {
  type        = string
  description = "Key of the secrets."
}

variable "replica_region" {
  type        = string
  description = "Region that gets copies of the secrets; null for none."
  default     = null
}

variable "backup_bucket" {
  type        = string
  description = "Bucket for the engine's own backups."
  default     = ""
}

variable "key_arns" {
  type        = list(string)
  description = "Keys that the machines use."
  default     = []
}

variable "log_group" {
  type        = string
  description = "Log group of the machines, to which their agents write."
  default     = null
}

variable "log_days" {
  type        = number
  description = "How long their logs are kept, in days."
  default     = null
}

variable "log_key_arn" {
  type        = string
  description = "Key that encrypts their logs."
  default     = null
}
