variable "identifier" {
  type        = string
  description = "Name of the database, at most 63 characters."

  validation {
    condition     = can(regex("^[a-z][0-9a-z-]{0,62}$", var.identifier))
    error_message = "A name has at most 63 lower-case letters, digits and dashes."
  }
}

variable "engine" {
  type        = string
  description = "mysql or postgres."

  validation {
    condition     = contains(["mysql", "postgres"], var.engine)
    error_message = "The engine is mysql or postgres."
  }
}

variable "engine_version" {
  type        = string
  description = "Version, such as 8.4 or 17."
}

variable "family" {
  type        = string
  description = "Family of parameters, such as mysql8.4 or postgres17."
}

variable "instance_class" {
  type        = string
  description = "Class, such as db.r6g.large."
}

variable "disk_gib" {
  type        = number
  description = "Disk in GiB; it grows to four times that by itself."
}

variable "multi_az" {
  type        = bool
  description = "Whether a second machine in another zone takes over."
}

variable "keep_days" {
  type        = number
  description = "Days for which any moment can be restored, 1 to 35."

  validation {
    condition     = var.keep_days >= 1 && var.keep_days <= 35
    error_message = "AWS keeps 1 to 35 days."
  }
}

variable "protected" {
  type        = bool
  description = "Whether it refuses to be deleted by an API call."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Data subnets, one for each zone."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the database."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the data."
}

variable "secret_key_arn" {
  type        = string
  description = "Key of the password."
}

variable "replica_of" {
  type        = string
  description = "ARN of the instance in the other region that it copies; null for one that leads."
  default     = null
}

variable "monitoring_role_name" {
  type        = string
  description = "Name of the role that reports the operating system's figures."
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
