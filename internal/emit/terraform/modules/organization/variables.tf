variable "accounts" {
  type = map(object({
    mail = string
    unit = string
  }))
  description = "Accounts by name: address, and organizational unit (Security, Infrastructure, Workloads/NonProd, Workloads/Prod)."

  validation {
    condition     = alltrue([for a in var.accounts : contains(["Security", "Infrastructure", "Workloads/NonProd", "Workloads/Prod"], a.unit)])
    error_message = "A unit is one of Security, Infrastructure, Workloads/NonProd, Workloads/Prod."
  }
}

variable "regions" {
  type        = list(string)
  description = "Regions in which anything may be."
}

variable "security_account" {
  type        = string
  description = "Name of the account that looks after security for all."
}

variable "delegated" {
  type        = map(string)
  description = "Accounts that administer a service for the organization, by the service's principal."
}
