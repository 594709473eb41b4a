variable "zone_ids" {
  type        = map(string)
  description = "Zones by a name that never changes."
}

variable "vpc_id" {
  type        = string
  description = "VPC that is bound to them."
}

variable "authorize" {
  type        = bool
  description = "Whether the network belongs to another account, which has to be allowed the binding."
  default     = true
}
