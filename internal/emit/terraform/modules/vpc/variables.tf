variable "name" {
  type        = string
  description = "Name of the VPC; every part of it begins with this."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,60}$", var.name))
    error_message = "A name has lower-case letters, digits and dashes."
  }
}

variable "region" {
  type        = string
  description = "Region, for the names of endpoint services."
}

variable "cidr" {
  type        = string
  description = "Address range of the VPC."

  validation {
    condition     = can(cidrnetmask(var.cidr))
    error_message = "An IPv4 range such as 10.40.0.0/16 is needed."
  }
}

variable "subnets" {
  type = map(object({
    cidr    = string
    zone    = string
    purpose = string
  }))
  description = "Subnets by a name that never changes, such as pods-a: address range, id of the availability zone (not its name, which differs between accounts) and purpose."

  validation {
    condition     = alltrue([for s in var.subnets : can(cidrnetmask(s.cidr))])
    error_message = "Every subnet needs an IPv4 range."
  }

  validation {
    condition     = alltrue([for s in var.subnets : can(regex("^[a-z][a-z-]*$", s.purpose)) && !contains(["edge", "nat"], s.purpose)])
    error_message = "A purpose is a word such as pods or data; public ones exist only in egress networks."
  }
}

variable "cluster" {
  type        = string
  description = "Name of the Kubernetes cluster whose nodes live in the pods subnets; null for none."
  default     = null
}

variable "hub_id" {
  type        = string
  description = "Transit gateway to attach to."
}

variable "routed" {
  type        = set(string)
  description = "Purposes whose subnets have a default route to the hub."
  default     = ["pods", "lb", "vm", "tools-prod", "tools-nonprod", "agents-prod", "agents-nonprod", "assoc"]
}

variable "routes" {
  type = list(object({
    purpose = string
    cidr    = string
  }))
  description = "Single ranges that a purpose reaches through the hub, for purposes without a default route."
  default     = []
}

variable "acl_lists" {
  type        = map(string)
  description = "Which list each purpose stands behind."

  validation {
    condition     = length(setsubtract([for s in var.subnets : s.purpose], keys(var.acl_lists))) == 0
    error_message = "Every purpose needs a list: the default list lets nothing through."
  }
}

variable "acl" {
  type = list(object({
    number     = number
    allow      = bool
    protocol   = string
    cidr       = string
    from       = number
    to         = number
    lists      = set(string)
    directions = set(string)
  }))
  description = "Rules of the network ACLs: for which lists, and whether in, out or both. AWS evaluates them by rising number; at most 20 in each direction fit into the default quota."

  validation {
    condition     = alltrue([for r in var.acl : length(setsubtract(r.directions, ["in", "out"])) == 0])
    error_message = "A direction is in or out."
  }

  validation {
    condition     = alltrue([for r in var.acl : r.number > 0 && r.number < 32767])
    error_message = "Rule numbers go from 1 to 32766."
  }
}

variable "organization_id" {
  type        = string
  description = "Organization whose principals and buckets may be reached through the gateway endpoints."
}

variable "account_id" {
  type        = string
  description = "Account whose principals alone may use the gateway endpoints, as production demands; null for the whole organization."
  default     = null
}

variable "flow_log_bucket_arn" {
  type        = string
  description = "Bucket (and prefix) that takes the flow logs."
}

variable "flow_log_format" {
  type        = string
  description = "Fields of the flow log lines."
  default     = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status} $${vpc-id} $${subnet-id} $${tcp-flags} $${pkt-srcaddr} $${pkt-dstaddr} $${az-id} $${pkt-src-aws-service} $${pkt-dst-aws-service} $${flow-direction} $${traffic-path} $${reject-reason}"
}

variable "query_log_config_id" {
  type        = string
  description = "Resolver query log configuration."
}

variable "dns_firewall_rule_groups" {
  type        = map(object({ id = string, priority = number }))
  description = "DNS firewall rule groups by name, with their priorities."
  default     = {}
}

variable "encryption_mode" {
  type        = string
  description = "monitor, or enforce where everything inside supports encryption in transit."
  default     = "monitor"

  validation {
    condition     = contains(["monitor", "enforce"], var.encryption_mode)
    error_message = "The mode is monitor or enforce."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags beside those of the provider."
  default     = {}
}
