variable "zone_id" {
  type        = string
  description = "Public zone."
}

variable "balancers" {
  type = map(object({
    dns_name = string
    zone_id  = string
  }))
  description = "Load balancers by the name that each gets."
}
