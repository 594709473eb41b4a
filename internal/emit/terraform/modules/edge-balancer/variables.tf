variable "name" {
  type        = string
  description = "Name of the load balancer, at most 32 characters."

  validation {
    condition     = can(regex("^[0-9A-Za-z][0-9A-Za-z-]{0,30}[0-9A-Za-z]$", var.name))
    error_message = "A load balancer's name has at most 32 letters, digits and dashes."
  }
}

variable "vpc_id" {
  type        = string
  description = "Egress network of the tier."
}

variable "subnet_ids" {
  type        = list(string)
  description = "Public subnets, one for each zone."
}

variable "hosts" {
  type        = list(string)
  description = "Hosts of all routes, each with a certificate of its own."

  validation {
    condition     = length(var.hosts) > 0
    error_message = "A load balancer without a host has nothing to do."
  }
}

variable "fallback_host" {
  type        = string
  description = "Name in the certificate for who asks for no host of ours. Nothing answers under it."
}

variable "origins" {
  type = map(object({
    target_name = string
    addresses   = map(string)
    port        = number
    health_path = string
  }))
  description = "Services with routes: fixed addresses by zone letter, port, and where to ask for health."
}

variable "routes" {
  type = map(object({
    priority = number
    host     = string
    paths    = list(string)
    origin   = string
  }))
  description = "Which host and path go where. Longer paths come first."
}

variable "cdn_cidrs" {
  type        = map(string)
  description = "Address ranges of the CDN by name; its own API says them. None lets nobody in."

  validation {
    condition     = alltrue([for c in values(var.cdn_cidrs) : can(cidrhost(c, 0)) && can(regex("/(1[6-9]|2[0-9]|3[0-2])$", c))])
    error_message = "Ranges are networks of at most 65536 addresses, such as 192.0.2.0/24."
  }
}

variable "cdn_max_entries" {
  type        = number
  description = "Room in the list of the CDN's ranges. It counts against the rules of a security group (60 by default)."
  default     = 40
}

variable "origin_secret" {
  type        = string
  description = "Header value that the CDN adds."
  sensitive   = true
}

variable "rate_limit" {
  type        = number
  description = "Requests in five minutes from one client."
  default     = 6000
}

variable "sensitive" {
  type = map(object({
    host  = string
    path  = string
    limit = number
  }))
  description = "Paths that bots come for, with the requests in five minutes that one client may send to all of the same limit."
  default     = {}

  validation {
    condition     = alltrue([for s in var.sensitive : s.limit >= 10 && startswith(s.path, "/")]) && length(distinct([for s in var.sensitive : s.limit])) <= 9
    error_message = "A limit is 10 or more, a path begins with a slash, and a firewall has nine different limits beside its own."
  }
}

variable "public_zone_id" {
  type        = string
  description = "Public zone of the domain."
}

variable "log_bucket" {
  type        = string
  description = "Bucket of this region for load balancer logs."
}

variable "waf_log_bucket_arn" {
  type        = string
  description = "Bucket for the firewall's log; its name begins with aws-waf-logs-."
}

variable "alarm_topics" {
  type        = list(string)
  description = "Topics for alarms."
}
