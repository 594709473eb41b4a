variable "name" {
  type        = string
  description = "Name of the cluster."
}

variable "kubernetes_version" {
  type        = string
  description = "Version of Kubernetes, that of the cluster."
}

variable "node_role_arn" {
  type        = string
  description = "Role of the cluster's nodes."
}

variable "node_security_group_id" {
  type        = string
  description = "Security group of the cluster's nodes."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Subnets of the tier's agents, one for each zone."
}

variable "instance_types" {
  type        = list(string)
  description = "Types of nodes that will do, all with the same size."

  validation {
    condition     = length(var.instance_types) > 0
    error_message = "There is at least one type."
  }
}

variable "spot" {
  type        = bool
  description = "Whether nodes may be taken away by AWS: a build is then started again."
}

variable "nodes_idle" {
  type        = number
  description = "Nodes outside the hours in which people work."
}

variable "nodes_busy" {
  type        = number
  description = "Nodes in those hours."

  validation {
    condition     = var.nodes_busy >= var.nodes_idle && var.nodes_busy >= 1
    error_message = "People who work need as many nodes as nobody does, or more."
  }
}

variable "busy_from" {
  type        = string
  description = "When people begin, as cron writes it."
}

variable "busy_to" {
  type        = string
  description = "When they have stopped, as cron writes it."
}

variable "time_zone" {
  type        = string
  description = "Time zone of both."
}

variable "namespace" {
  type        = string
  description = "Namespace of the agents."
}

variable "service_account" {
  type        = string
  description = "Service account of the agents that may work in AWS."
}

variable "agent_role_arn" {
  type        = string
  description = "Role of the side's agents."
}

variable "data_key_arn" {
  type        = string
  description = "Key of the nodes' volumes."
}

variable "tags" {
  type        = map(string)
  description = "Tags that the provider's defaults do not reach."
}
