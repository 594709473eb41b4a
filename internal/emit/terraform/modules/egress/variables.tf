variable "name" {
  type        = string
  description = "Name of the network, such as kestrel-egress-prod."
}

variable "cidr" {
  type        = string
  description = "Address range of the VPC."

  validation {
    condition     = can(cidrnetmask(var.cidr))
    error_message = "An IPv4 range such as 10.32.0.0/22 is needed."
  }
}

variable "zones" {
  type        = list(string)
  description = "Ids of the availability zones; each has a NAT gateway and a firewall endpoint."
}

variable "subnets" {
  type = map(object({
    cidr    = string
    zone    = string
    purpose = string
  }))
  description = "Subnets by name, with purpose edge, nat, fw or tgw."

  validation {
    condition     = alltrue([for s in var.subnets : contains(["edge", "nat", "fw", "tgw"], s.purpose)])
    error_message = "A purpose is one of edge, nat, fw, tgw."
  }
}

variable "hub_id" {
  type        = string
  description = "Transit gateway."
}

variable "spokes" {
  type        = set(string)
  description = "Address ranges of the networks that leave through here."
}

variable "origins" {
  type        = set(string)
  description = "Address ranges of the load balancers behind the public one."
  default     = []
}

variable "inspect" {
  type        = bool
  description = "Whether a firewall stands before the NAT."
  default     = true
}

variable "domains" {
  type = map(object({
    priority = number
    from     = list(string)
    allow    = list(string)
  }))
  description = "By network: the place of its list among the others, who asks, and for which names. A name that begins with a full stop stands for all below it."
  default     = {}
}

variable "query_log_config_id" {
  type        = string
  description = "Resolver query log configuration."
}

variable "dns_firewall_rule_groups" {
  type        = map(object({ id = string, priority = number }))
  description = "DNS firewall rule groups by name, with their priorities."
}

variable "kms_key_arn" {
  type        = string
  description = "Key for the firewall's configuration."
}

variable "firewall_log_bucket" {
  type        = string
  description = "Name of the bucket for the firewall's logs."
}

variable "flow_log_bucket_arn" {
  type        = string
  description = "Bucket that takes the flow logs."
}

variable "blackholes" {
  type        = set(string)
  description = "Ranges that are dropped on the way back unless a spoke's route says otherwise."
  default     = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
}

variable "flow_log_format" {
  type        = string
  description = "Fields of the flow log lines."
  default     = "$${version} $${account-id} $${interface-id} $${srcaddr} $${dstaddr} $${srcport} $${dstport} $${protocol} $${packets} $${bytes} $${start} $${end} $${action} $${log-status} $${vpc-id} $${subnet-id} $${tcp-flags} $${pkt-srcaddr} $${pkt-dstaddr} $${az-id} $${pkt-src-aws-service} $${pkt-dst-aws-service} $${flow-direction} $${traffic-path} $${reject-reason}"
}

variable "threats" {
  type        = list(string)
  description = "Rule groups of Amazon with names and addresses that are known to be bad (AWS managed rule groups for Network Firewall, those in strict order)."
  default = [
    "AbusedLegitMalwareDomainsStrictOrder",
    "AbusedLegitBotNetCommandAndControlDomainsStrictOrder",
    "BotNetCommandAndControlDomainsStrictOrder",
    "MalwareDomainsStrictOrder",
    "ThreatSignaturesBotnetStrictOrder",
    "ThreatSignaturesMalwareStrictOrder",
  ]
}
