variable "name" {
  type        = string
  description = "Name of the configuration."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "role_name" {
  type        = string
  description = "Name of the role."
}

variable "slack_workspace" {
  type        = string
  description = "Id of the workspace, which somebody has let in once by hand."
}

variable "slack_channel" {
  type        = string
  description = "Id of the channel."
}

variable "topics" {
  type        = list(string)
  description = "Topics that are shown."
}
