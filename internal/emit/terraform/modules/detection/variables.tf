variable "name" {
  type        = string
  description = "Platform and account, such as kestrel-prod."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "config_bucket" {
  type        = string
  description = "Bucket in the log archive that takes the configuration history."
}

variable "global_resources" {
  type        = bool
  description = "Whether this region records what belongs to no region; true in one region of each account."
}

variable "standards" {
  type        = map(string)
  description = "Security standards that are checked: ARN by name."
}

variable "findings" {
  type = map(object({
    description = string
    pattern     = string
    topic       = string
  }))
  description = "Events that are sent to people: pattern as JSON, topic."
}
