variable "groups" {
  type = map(object({
    description = string
    set         = string
    hours       = number
    policy      = optional(string)
    role        = optional(string)
    accounts    = list(string)
  }))
  description = "Groups of people: permission set, length of a session in hours, managed policy or role that they step into, accounts."

  validation {
    condition     = alltrue([for g in var.groups : g.hours >= 1 && g.hours <= 12])
    error_message = "A session lasts 1 to 12 hours."
  }

  validation {
    condition     = alltrue([for g in var.groups : length(g.set) <= 32])
    error_message = "The name of a permission set has at most 32 characters."
  }
}

variable "account_ids" {
  type        = map(string)
  description = "Numbers of the accounts by name."
}

variable "instance_arn" {
  type        = string
  description = "Instance of IAM Identity Center; it is turned on by a person, once."
}

variable "identity_store_id" {
  type        = string
  description = "Identity store of that instance."
}
