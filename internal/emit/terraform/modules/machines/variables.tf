variable "name" {
  type        = string
  description = "Beginning of every machine's name, such as kestrel-prod-mongo-core."
}

variable "store" {
  type        = string
  description = "Name of the store."
}

variable "environment" {
  type        = string
  description = "Environment, under which the machines report how full their volumes are."
}

variable "region" {
  type        = string
  description = "Region of the store."
}

variable "vpc_id" {
  type        = string
  description = "Network of the store."
}

variable "subnet_ids" {
  type        = map(string)
  description = "Data subnets by zone letter."
}

variable "zone_names" {
  type        = map(string)
  description = "Names of the availability zones in this account by zone letter."
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups of the store."
}

variable "instance_profile" {
  type        = string
  description = "Instance profile of the machines."
}

variable "image_id" {
  type        = string
  description = "Machine image of the first start."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the volumes."
}

variable "groups" {
  type = map(object({
    strategy   = string
    partitions = optional(number)
  }))
  description = "Placement groups that keep machines apart, by name."

  validation {
    condition     = alltrue([for g in var.groups : contains(["spread", "partition", "cluster"], g.strategy)])
    error_message = "A strategy is spread, partition or cluster."
  }
}

variable "nodes" {
  type = map(object({
    role          = string
    index         = number
    zone          = string
    address       = string
    instance_type = string
    disk_gib      = number
    group         = string
    partition     = optional(number)
    cluster       = string
  }))
  description = "Machines by a name that never changes: what it does, its number and zone letter, its address and size, its placement group."
}

variable "iops" {
  type        = number
  description = "Operations a second of each data volume."
  default     = 6000
}

variable "throughput" {
  type        = number
  description = "MiB a second of each data volume."
  default     = 250
}

variable "names" {
  type = map(object({
    type    = string
    records = list(string)
  }))
  description = "Further names in the private zone: A and SRV records for all members."
  default     = {}
}

variable "zone_id" {
  type        = string
  description = "Private zone of the environment."
}

variable "balancers" {
  type = map(object({
    name    = string
    zone    = string
    address = string
    port    = number
    targets = list(string)
  }))
  description = "Network load balancers with a fixed address, by name."
  default     = {}
}

variable "facts" {
  type        = map(string)
  description = "Facts for the playbooks; no secrets."
}

variable "facts_parameter" {
  type        = string
  description = "Name of the parameter that keeps them."
}

variable "facts_key_arn" {
  type        = string
  description = "Key of that parameter."
}

variable "protected" {
  type        = bool
  description = "Whether machines and load balancers refuse to be stopped or deleted by an API call."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags of machines and volumes."
}
