variable "name" {
  type        = string
  description = "Name, such as kestrel-logs-prod."
}

variable "tier" {
  type        = string
  description = "Tier of the environments: prod or nonprod."
}

variable "region" {
  type        = string
  description = "Region of the domain."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "domain_name" {
  type        = string
  description = "Name of the domain, at most 28 characters."
}

variable "engine_version" {
  type        = string
  description = "Version of OpenSearch."
}

variable "instance_type" {
  type        = string
  description = "Type of a data node."
}

variable "nodes" {
  type        = number
  description = "Data nodes."
}

variable "masters" {
  type        = number
  description = "Dedicated masters."
}

variable "standby" {
  type        = bool
  description = "Whether a zone is kept as a standby."
}

variable "disk_gib" {
  type        = number
  description = "Disk of one node in GiB."
}

variable "vpc_id" {
  type        = string
  description = "Network of observation."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Its data subnets."
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
  description = "Role that administers the domain."
}

variable "role_prefix" {
  type        = string
  description = "Beginning of the names of the roles of the stream."
}

variable "reader_role_arns" {
  type        = list(string)
  description = "Roles that search."
}

variable "writer_role_arns" {
  type        = list(string)
  description = "Roles of the shippers, in the accounts of the environments."
}

variable "sender_account_ids" {
  type        = list(string)
  description = "Accounts whose log groups are sent here."
}

variable "refused_bucket" {
  type        = string
  description = "Bucket for what the domain refuses."
}

variable "endpoint_parameter" {
  type        = string
  description = "Name of the parameter with the host of the domain."
}

variable "topic" {
  type        = string
  description = "Topic for alarms."
}

variable "tags" {
  type        = map(string)
  description = "Tags."
}

variable "clients" {
  type = map(object({
    cidr = string
    why  = string
  }))
  description = "Subnets that write or search, by a name that never changes."

  validation {
    condition     = alltrue([for c in var.clients : c.cidr != "0.0.0.0/0" && tonumber(split("/", c.cidr)[1]) >= 16])
    error_message = "Clients are subnets, never a whole network or the world."
  }
}

variable "host" {
  type        = string
  description = "Name under which shippers and browsers find the domain."
}

variable "certificate_authority_arn" {
  type        = string
  description = "Authority of the name's certificate."
}
