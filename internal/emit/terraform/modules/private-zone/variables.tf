variable "name" {
  type        = string
  description = "Name of the environment."
}

variable "zone" {
  type        = string
  description = "Domain, such as prod.kestrel.internal."
}

variable "vpc_id" {
  type        = string
  description = "First VPC of the environment."
}

variable "more_vpc_ids" {
  type        = map(string)
  description = "Its other VPCs by segment."
  default     = {}
}

variable "records" {
  type = map(object({
    type   = string
    ttl    = number
    values = list(string)
  }))
  description = "Records by name."
  default     = {}
}
