variable "agents" {
  type = map(object({
    role_name   = string
    account_ids = list(string)
    pushes      = bool
  }))
  description = "Agents by side: name of the role, accounts in which they work, whether they push images."

  validation {
    condition     = alltrue([for a in var.agents : length(a.account_ids) > 0])
    error_message = "Agents work in at least one account."
  }
}

variable "account_id" {
  type        = string
  description = "Number of this account, in which the agents run."
}

variable "signing_alias" {
  type        = string
  description = "Alias of the key that signs images."
}

variable "repository_arns" {
  type        = list(string)
  description = "Repositories of the platform's images, as ARNs or patterns of them."
}
