variable "name" {
  type        = string
  description = "Name of the site, such as kestrel-site-bangalore."
}

variable "address" {
  type        = string
  description = "Public address of the site's gateway."
}

variable "peer_asn" {
  type        = number
  description = "Autonomous system number of the site."
  default     = 65000
}

variable "hub_id" {
  type        = string
  description = "Transit gateway."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics that are told when both tunnels are down."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the tunnel log."
}
