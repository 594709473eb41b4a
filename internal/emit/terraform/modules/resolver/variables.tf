variable "name" {
  type        = string
  description = "Name of the environment or network."
}

variable "query_log_bucket_arn" {
  type        = string
  description = "Bucket that takes the questions."
}

variable "allow" {
  type        = map(list(string))
  description = "Domains that may be asked for, by segment."
}

variable "closed" {
  type        = set(string)
  description = "Segments that get no answer for any other name."
  default     = []
}
