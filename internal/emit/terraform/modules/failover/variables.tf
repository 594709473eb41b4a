variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-failover."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "primary" {
  type = object({
    region = string
    suffix = string
  })
  description = "Public load balancer of the primary region: its region, and the end of its ARN."
}

variable "names" {
  type = object({
    zone_id  = string
    hosts    = list(string)
    primary  = object({ dns_name = string, zone_id = string })
    recovery = object({ dns_name = string, zone_id = string })
  })
  description = "Names that Route 53 sends to the region that serves: their public zone, and the names and zones of the load balancers of both regions. Null where a content network has the names and decides itself."
  default     = null
}

variable "origins" {
  type = map(object({
    target_suffix = string
  }))
  description = "Services behind the load balancer without which the region does not serve, with the ends of their target groups' ARNs."

  validation {
    condition     = length(var.origins) >= 1 && length(var.origins) <= 255
    error_message = "A calculated health check has 1 to 255 children."
  }
}

variable "deep" {
  type = map(object({
    host     = string
    path     = string
    contains = string
  }))
  description = "Paths that ask every dependency, by name: host, path and what a good answer contains."
}

variable "mail" {
  type        = list(string)
  description = "Addresses that hear of names that fail."
}

variable "primary_topics" {
  type        = list(string)
  description = "Topics of the primary region for its alarms."
}
