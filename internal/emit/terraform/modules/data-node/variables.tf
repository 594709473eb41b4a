variable "name" {
  type        = string
  description = "Name of the machine, such as kestrel-prod-mongo-core-a-0."
}

variable "host" {
  type        = string
  description = "Its name in the environment's private zone, without the zone."
}

variable "region" {
  type        = string
  description = "Region, for the actions of alarms."
}

variable "subnet_id" {
  type        = string
  description = "Subnet of the machine's zone."
}

variable "zone_name" {
  type        = string
  description = "Name of the availability zone in this account."
}

variable "address" {
  type        = string
  description = "Fixed address inside the subnet."
}

variable "security_group_ids" {
  type        = list(string)
  description = "Security groups of the store."
}

variable "image_id" {
  type        = string
  description = "Machine image of the first start; later ones are patched in place."
}

variable "instance_type" {
  type        = string
  description = "Instance type, of a kind that encrypts in transit (Nitro)."
}

variable "instance_profile" {
  type        = string
  description = "Instance profile of the store."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the volumes."
}

variable "disk_gib" {
  type        = number
  description = "Size of the data volume in GiB."
}

variable "iops" {
  type        = number
  description = "Operations a second of the data volume."
  default     = 3000
}

variable "throughput" {
  type        = number
  description = "MiB a second of the data volume."
  default     = 125
}

variable "placement_group" {
  type        = string
  description = "Placement group that keeps the machines of a store apart."
}

variable "partition" {
  type        = number
  description = "Partition of a partition group; null for other strategies."
  default     = null
}

variable "zone_id" {
  type        = string
  description = "Private zone of the environment."
}

variable "protected" {
  type        = bool
  description = "Whether the machine refuses to be stopped or terminated by an API call."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags that the provider's defaults do not reach: instances and volumes carry them for inventory, backup and automation."
}
