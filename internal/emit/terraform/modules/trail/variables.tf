variable "name" {
  type        = string
  description = "Name of the trail."
}

variable "trail_arn" {
  type        = string
  description = "ARN that the trail will have; policies name it before it exists."
}

variable "bucket" {
  type        = string
  description = "Bucket in the log archive."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the files, the log group and the topic."
}

variable "watched_bucket_arns" {
  type        = list(string)
  description = "Buckets whose objects' reads and writes are recorded, as ARN prefixes."
}

variable "alarms" {
  type = map(object({
    pattern     = string
    description = string
    topic       = string
  }))
  description = "Events that raise an alarm: filter pattern, what it means and what to do, topic."
}
