variable "name" {
  type        = string
  description = "Name of the cluster."

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$", var.name))
    error_message = "A cluster's name has at most 100 letters, digits, dashes and underscores."
  }
}

variable "kubernetes_version" {
  type        = string
  description = "Version of Kubernetes, such as 1.35."

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "A version is written as 1.35."
  }
}

variable "region" {
  type        = string
  description = "Region of the cluster."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "vpc_id" {
  type        = string
  description = "Network of the cluster."
}

variable "control_subnet_ids" {
  type        = list(string)
  description = "Subnets of the control plane's interfaces, one for each zone and for nothing else."
}

variable "pod_subnet_ids" {
  type        = list(string)
  description = "Subnets of nodes and pods, one for each zone."
}

variable "service_cidr" {
  type        = string
  description = "Range of service addresses; unique, never routed."

  validation {
    condition     = can(cidrnetmask(var.service_cidr))
    error_message = "An IPv4 range is needed."
  }
}

variable "service_ports" {
  type        = map(number)
  description = "Ports of the services of this cluster, by name."
}

variable "api_clients" {
  type        = map(object({ cidr = string, why = string }))
  description = "Ranges that reach the API: agents and operators of this tier."

  validation {
    condition     = alltrue([for c in var.api_clients : c.cidr != "0.0.0.0/0"])
    error_message = "The API is private."
  }
}

variable "node_clients" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "Who reaches pods from outside the cluster, by a name that never changes."
}

variable "node_targets" {
  type        = map(object({ cidr = string, port = number, why = string }))
  description = "What pods reach outside the cluster, by a name that never changes."
}

variable "internet" {
  type        = bool
  description = "Whether a service of this cluster names domains on the internet."
}

variable "s3_prefix_list_id" {
  type        = string
  description = "Prefix list of S3 in the region."
}

variable "data_key_arn" {
  type        = string
  description = "Key of volumes and queues."
}

variable "secret_key_arn" {
  type        = string
  description = "Key of Kubernetes' secrets."
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log group."
}

variable "system_instance_type" {
  type        = string
  description = "Instance type of the controllers' nodes."
  default     = "m6i.large"
}

variable "addon_versions" {
  type        = map(string)
  description = "Add-ons with their versions; none is left to a default."
}

variable "access" {
  type = map(object({
    role_arn   = string
    groups     = optional(list(string), [])
    policy     = optional(string)
    namespaces = optional(list(string), [])
  }))
  description = "Who gets in: role, Kubernetes groups, and a policy of EKS for the cluster or some namespaces."
}

variable "protected" {
  type        = bool
  description = "Whether the cluster refuses to be deleted by an API call."
}

variable "zonal_shift" {
  type        = bool
  description = "Whether traffic may be moved away from a zone that fails."
}

variable "cluster_role_name" {
  type        = string
  description = "Name of the control plane's role."
}

variable "node_role_name" {
  type        = string
  description = "Name of the nodes' role."
}

variable "network_role_name" {
  type        = string
  description = "Name of the network add-on's role."
}

variable "volumes_role_name" {
  type        = string
  description = "Name of the volume driver's role."
}

variable "karpenter_role_name" {
  type        = string
  description = "Name of Karpenter's role."
}

variable "tags" {
  type        = map(string)
  description = "Tags that the provider's defaults do not reach."
}
