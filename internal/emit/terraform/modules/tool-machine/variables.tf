variable "name" {
  type        = string
  description = "Name of the machine, such as kestrel-jenkins-prod."
}

variable "tool" {
  type        = string
  description = "What it runs: the tag paddock:role, by which Ansible finds it."

  validation {
    condition     = contains(["jenkins", "grafana"], var.tool)
    error_message = "The tools are jenkins and grafana."
  }
}

variable "tier" {
  type        = string
  description = "Side of the wall that it serves: the tag paddock:env."

  validation {
    condition     = contains(["prod", "nonprod"], var.tier)
    error_message = "There are two sides, prod and nonprod."
  }
}

variable "region" {
  type        = string
  description = "Region of the machine."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "vpc_id" {
  type        = string
  description = "Network of the tools."
}

variable "subnet_id" {
  type        = string
  description = "Subnet of the machine."
}

variable "zone_name" {
  type        = string
  description = "Availability zone of that subnet."
}

variable "address" {
  type        = string
  description = "Fixed address inside the subnet."
}

variable "port" {
  type        = number
  description = "Port on which it answers, with TLS."
}

variable "balancer_security_group_id" {
  type        = string
  description = "Security group of the load balancer before it."
}

variable "target_group_arn" {
  type        = string
  description = "Target group that it joins."
}

variable "targets" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "What it opens connections to beside the internet."

  validation {
    condition     = alltrue([for t in var.targets : t.cidr != "0.0.0.0/0"])
    error_message = "The internet is said by its own rule."
  }
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Prefix list of S3 in the region."
}

variable "image_id" {
  type        = string
  description = "Machine image of the first start; later it is patched in place."
}

variable "instance_type" {
  type        = string
  description = "Type of the machine."
}

variable "disk_gib" {
  type        = number
  description = "Size of the volume with what it keeps, in GiB."
}

variable "role_name" {
  type        = string
  description = "Name of its role and profile."

  validation {
    condition     = length(var.role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "backup_role_name" {
  type        = string
  description = "Name of the role that copies it."

  validation {
    condition     = length(var.backup_role_name) <= 64
    error_message = "A role's name has at most 64 characters."
  }
}

variable "secret_name" {
  type        = string
  description = "Secret with what it needs to start."
}

variable "copies_bucket" {
  type        = string
  description = "Bucket with packages and copies of the home."
}

variable "cluster_arns" {
  type        = list(string)
  description = "Clusters that it starts agents in."
  default     = []
}

variable "reader_role_arns" {
  type        = list(string)
  description = "Roles of other accounts by which it reads."
  default     = []
}

variable "data_key_arn" {
  type        = string
  description = "Key of the volumes."
}

variable "key_arns" {
  type        = list(string)
  description = "Keys of its secret and of the bucket."
}

variable "zone_id" {
  type        = string
  description = "Private zone of the tier's tools."
}

variable "vault_name" {
  type        = string
  description = "Vault that takes the copies."
}

variable "time_zone" {
  type        = string
  description = "Time zone of the schedule of copies."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags of the machine and its volumes that the provider's defaults do not reach."
}

variable "log_group" {
  type        = string
  description = "Log group of the machines, to which their agents write."
}

variable "log_days" {
  type        = number
  description = "How long their logs are kept, in days."
}

variable "log_key_arn" {
  type        = string
  description = "Key that encrypts their logs."
}
