variable "name" {
  type        = string
  description = "Name, such as kestrel-prod-redis-core."
}

variable "group_id" {
  type        = string
  description = "Id of the replication group, at most 40 characters."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.group_id))
    error_message = "An id has at most 40 lower-case letters, digits and dashes."
  }
}

variable "user_prefix" {
  type        = string
  description = "Beginning of the ids of users, which are unique in the account."
}

variable "engine" {
  type        = string
  description = "valkey or redis."

  validation {
    condition     = contains(["valkey", "redis"], var.engine)
    error_message = "The engine is valkey or redis."
  }
}

variable "engine_version" {
  type        = string
  description = "Version, such as 8.1."
}

variable "family" {
  type        = string
  description = "Family of parameters, such as valkey8."
}

variable "node_type" {
  type        = string
  description = "Type of a node, such as cache.r6g.large."
}

variable "shards" {
  type        = number
  description = "Shards."
}

variable "replicas" {
  type        = number
  description = "Copies of each shard beside its primary."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Data subnets, one for each zone."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the cache."
}

variable "users" {
  type        = map(string)
  description = "User ids by service. Each service sees the keys that begin with its name."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the data."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log groups."
}

variable "zone_id" {
  type        = string
  description = "Private zone of the environment."
}

variable "host" {
  type        = string
  description = "Name in that zone."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags."
  default     = {}
}
