variable "database" {
  type        = string
  description = "Name of the database."
}

variable "results_bucket" {
  type        = string
  description = "Name of the bucket for answers."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the answers."
}

variable "account_ids" {
  type        = list(string)
  description = "Accounts whose logs there are."
}

variable "regions" {
  type        = list(string)
  description = "Regions whose logs there are."
}

variable "tables" {
  type = map(object({
    location          = string
    location_template = string
    format            = string
    input_format      = string
    output_format     = string
    serde             = string
    serde_parameters  = map(string)
    parameters        = map(string)
    header_lines      = number
    columns           = list(object({ name = string, type = string }))
  }))
  description = "Tables by name: where the files are and what is in them."
}

variable "workgroups" {
  type        = map(string)
  description = "Workgroups by name, with what they are for."
}

variable "queries" {
  type = map(object({
    workgroup   = string
    description = string
    query       = string
  }))
  description = "Questions that are worth keeping, by name."
}

variable "access_log_bucket" {
  type        = string
  description = "Bucket that takes the log of who read the answers."
}
