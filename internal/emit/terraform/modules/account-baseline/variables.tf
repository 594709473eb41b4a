variable "name" {
  type        = string
  description = "Platform and account, such as kestrel-prod."
}

variable "global" {
  type        = bool
  description = "Whether this region also sets what belongs to no region; true in one region of each account."
}

variable "alias" {
  type        = string
  description = "Alias of the account, unique in the world; null leaves it without."
  default     = null
}

variable "data_key_arn" {
  type        = string
  description = "Key of volumes that name none."
}

variable "contacts" {
  type = map(object({
    name  = string
    title = string
    mail  = string
    phone = string
  }))
  description = "Whom AWS calls: billing, operations, security."
  default     = {}

  validation {
    condition     = alltrue([for k in keys(var.contacts) : contains(["billing", "operations", "security"], k)])
    error_message = "Contacts are billing, operations and security."
  }
}

variable "quotas" {
  type = map(object({
    service = string
    code    = string
    value   = number
  }))
  description = "Limits that the platform needs raised, by a name that says which."
  default     = {}
}
