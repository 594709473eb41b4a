variable "name" {
  type        = string
  description = "Name, such as kestrel-prod."

  validation {
    condition     = length(var.name) <= 55
    error_message = "The common name, which is this and a word, has at most 64 characters."
  }
}

variable "organization" {
  type        = string
  description = "Organization in the authority's name."
}
