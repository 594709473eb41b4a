variable "name" {
  type        = string
  description = "Name of the group of machines."

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z-]{0,126}$", var.name))
    error_message = "A name has letters, digits and dashes."
  }
}

variable "service" {
  type        = string
  description = "Name of the service."
}

variable "log_group" {
  type        = string
  description = "Log group of the machines, to which their agents write."
}

variable "vpc_id" {
  type        = string
  description = "Network of the service."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets of machines, one for each zone."

  validation {
    condition     = length(var.subnet_ids) > 0
    error_message = "Machines stand in at least one subnet."
  }
}

variable "instance_type" {
  type        = string
  description = "Type of the machines."
}

variable "instance_profile" {
  type        = string
  description = "Profile with the service's role."
}

variable "image_parameter" {
  type        = string
  description = "Parameter that holds the id of the image; the pipeline writes it after baking."

  validation {
    condition     = startswith(var.image_parameter, "/")
    error_message = "A parameter's name begins with a slash."
  }
}

variable "disk_gib" {
  type        = number
  description = "Size of the volume in GiB."
  default     = 30
}

variable "min_size" {
  type        = number
  description = "Machines that always run."
}

variable "max_size" {
  type        = number
  description = "Machines that run at most."

  validation {
    condition     = var.max_size >= var.min_size
    error_message = "At most as many as at least, or more."
  }
}

variable "cpu_percent" {
  type        = number
  description = "Load of the processors that the group aims at, in percent; 0 leaves the number of machines alone."
  default     = 0
}

variable "drain_seconds" {
  type        = number
  description = "Time that a machine has for its last requests."
  default     = 60
}

variable "clients" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "Who opens connections: the load balancer, and what collects metrics."

  validation {
    condition     = alltrue([for c in var.clients : c.cidr != "0.0.0.0/0"])
    error_message = "Callers are subnets of ours."
  }
}

variable "targets" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "What the service opens connections to: stores, services, AWS APIs."

  validation {
    condition     = alltrue([for t in var.targets : t.cidr != "0.0.0.0/0"])
    error_message = "The internet is said by internet, never by a range."
  }
}

variable "internet" {
  type        = bool
  description = "Whether the service names domains of the internet; the firewall decides which."
  default     = false
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Addresses of S3 behind the gateway endpoint."
}

variable "target_group_arns" {
  type        = list(string)
  description = "Target groups that machines join; empty for a service that nobody calls."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the volumes."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log group."
}

variable "log_days" {
  type        = number
  description = "Days that log lines are kept here."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "CloudWatch Logs keeps lines for certain numbers of days only."
  }
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms; the first one also hears of machines that do not start."

  validation {
    condition     = length(var.alarm_topics) > 0
    error_message = "Somebody must hear of it."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of machines and volumes; inventory, patching and automation select by them."
}
