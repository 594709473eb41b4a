variable "name" {
  type        = string
  description = "Name of the platform."
}

variable "account_id" {
  type        = string
  description = "Number of the account that looks after security."
}

variable "primary" {
  type        = bool
  description = "Whether this region also has what there is once: aggregators, and the analyzer of unused access."
}

variable "other_regions" {
  type        = list(string)
  description = "Regions whose findings are read in the primary one."
  default     = []
}

variable "detector_id" {
  type        = string
  description = "Detector of GuardDuty in this account and region."
}

variable "rules" {
  type = map(object({
    identifier  = string
    description = string
    parameters  = map(string)
  }))
  description = "Rules of AWS Config for every account: identifier, what it wants, parameters."
}

variable "unrecorded_accounts" {
  type        = list(string)
  description = "Accounts that record nothing in this region; a rule would fail there."
  default     = []
}
