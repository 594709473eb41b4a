variable "name" {
  type        = string
  description = "Beginning of the names: the platform's name."
}

variable "account_id" {
  type        = string
  description = "Number of the account that pays."
}

variable "tags" {
  type        = set(string)
  description = "Tags by which costs are told apart."
}

variable "environments" {
  type        = map(list(string))
  description = "Accounts of each environment; empty where all share one account."
}

variable "tagged_environments" {
  type        = list(string)
  description = "Environments that are told apart by their tag, where all share one account."
  default     = []
}

variable "teams" {
  type        = list(string)
  description = "Teams, as the tag paddock:owner has them."
}

variable "bucket" {
  type        = string
  description = "Name of the bucket of the cost data, in us-east-1."
}

variable "exports" {
  type = map(object({
    description = string
    query       = string
    tables      = map(map(string))
  }))
  description = "Tables of cost data: what each is, the question, and how its source is laid out."
}

variable "optimized" {
  type        = set(string)
  description = "Types of resources that Compute Optimizer looks at for longer."

  validation {
    condition     = length(setsubtract(var.optimized, ["Ec2Instance", "AutoScalingGroup", "RdsDBInstance"])) == 0
    error_message = "A type is one of Ec2Instance, AutoScalingGroup, RdsDBInstance."
  }
}

variable "organization_arn" {
  type        = string
  description = "Organization whose accounts are looked at too; null for this account alone."
  default     = null
}
