variable "name" {
  type        = string
  description = "Beginning of the names, such as kestrel-failover."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "zone_id" {
  type        = string
  description = "Public zone of the names."
}

variable "names" {
  type        = set(string)
  description = "Names that go to the region that serves."
}

variable "primary" {
  type = object({
    region   = string
    suffix   = string
    dns_name = string
    zone_id  = string
  })
  description = "Public load balancer of the primary region: its region, the end of its ARN, its name and that name's zone."
}

variable "recovery" {
  type = object({
    dns_name = string
    zone_id  = string
  })
  description = "Public load balancer of the recovery region."
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
