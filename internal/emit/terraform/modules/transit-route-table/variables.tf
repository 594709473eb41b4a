variable "name" {
  type        = string
  description = "Name of the network whose table this is."
}

variable "hub_id" {
  type        = string
  description = "Transit gateway."
}

variable "attachment_id" {
  type        = string
  description = "Attachment of the network."
}

variable "accept" {
  type        = bool
  description = "Whether the attachment comes from another account and waits for acceptance."
}

variable "routes" {
  type        = map(string)
  description = "Attachments by the address range that is reached through them. Keys are literals, so that what is reachable is known before anything is applied."

  validation {
    condition     = alltrue([for cidr in keys(var.routes) : can(cidrnetmask(cidr))])
    error_message = "Every key is an IPv4 range."
  }
}

variable "blackholes" {
  type        = set(string)
  description = "Ranges that are dropped unless a longer route says otherwise."
  default     = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
}

variable "back" {
  type = map(object({
    cidr     = string
    table_id = string
  }))
  description = "Routes to this network in the tables of its neighbours, by a name that never changes."
  default     = {}
}
