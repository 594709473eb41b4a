variable "name" {
  type        = string
  description = "Name of the peering."
}

variable "hub_id" {
  type        = string
  description = "Transit gateway here."
}

variable "peer_hub_id" {
  type        = string
  description = "Transit gateway in the other region."
}

variable "blackholes" {
  type        = set(string)
  description = "Ranges that are dropped unless a route of the network that owns them says otherwise."
  default     = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
}
