variable "name" {
  type        = string
  description = "Name, such as kestrel-prod-os-catalog."
}

variable "domain_name" {
  type        = string
  description = "Name of the domain, at most 28 characters."

  validation {
    condition     = can(regex("^[a-z][0-9a-z-]{2,27}$", var.domain_name))
    error_message = "A domain's name has 3 to 28 lower-case letters, digits and dashes."
  }
}

variable "engine_version" {
  type        = string
  description = "Version of OpenSearch, such as 2.19."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "instance_type" {
  type        = string
  description = "Type of a data node, such as r6g.large.search."
}

variable "nodes" {
  type        = number
  description = "Data nodes; a multiple of the zones."
}

variable "masters" {
  type        = number
  description = "Dedicated masters: 3, or 0 for none."

  validation {
    condition     = contains([0, 3, 5], var.masters)
    error_message = "Masters are none, 3 or 5."
  }
}

variable "master_type" {
  type        = string
  description = "Type of a master."
  default     = "m6g.large.search"
}

variable "standby" {
  type        = bool
  description = "Whether a zone is kept as a standby that takes over without a copy."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Data subnets, one for each zone."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the domain."
}

variable "disk_gib" {
  type        = number
  description = "Disk of one node in GiB."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the data."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log groups."
}

variable "master_role_name" {
  type        = string
  description = "Name of the role that administers the domain."
}

variable "reader_role_arns" {
  type        = list(string)
  description = "Roles that search."
  default     = []
}

variable "writer_role_arns" {
  type        = list(string)
  description = "Roles that write."
  default     = []
}

variable "zone_id" {
  type        = string
  description = "Private zone of the environment; null for no name of our own."
  default     = null
}

variable "host" {
  type        = string
  description = "Name in that zone."
  default     = null
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

variable "explicit_index" {
  type        = bool
  description = "Whether a bulk request may name the index of each document. Only where the roles inside the domain bound them."
  default     = false
}

variable "custom_endpoint" {
  type = object({
    name            = string
    certificate_arn = string
  })
  description = "Name of our own under which the domain answers, and the certificate for it; null for AWS's."
  default     = null
}
