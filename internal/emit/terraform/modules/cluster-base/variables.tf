variable "name" {
  type        = string
  description = "Name of the cluster."
}

variable "namespace" {
  type        = string
  description = "Namespace of the services: the environment's name."
}

variable "region" {
  type        = string
  description = "Region of the cluster."
}

variable "account_id" {
  type        = string
  description = "Number of the account."
}

variable "vpc_id" {
  type        = string
  description = "Network of the cluster."
}

variable "registry" {
  type        = string
  description = "Host of the company's registry; images of others come through its cache."
}

variable "chart_versions" {
  type        = map(string)
  description = "Versions of all charts; none is left to a default."

  validation {
    condition     = alltrue([for v in var.chart_versions : can(regex("^v?[0-9]+\\.[0-9]+\\.[0-9]+$", v))])
    error_message = "A version names one release, such as 1.11.1: a range would change a cluster without a plan that says so."
  }
}

variable "role_names" {
  type        = map(string)
  description = "Names of the controllers' roles: alerts, balancers, issuer, logs, metrics, secrets."
}

variable "target_prefixes" {
  type        = list(string)
  description = "Beginnings of the names of the target groups that pods of this cluster may be bound to."
}

variable "secrets" {
  type        = list(string)
  description = "Names of the secrets that services of this cluster are given."

  validation {
    condition     = alltrue([for s in var.secrets : !strcontains(s, "*")])
    error_message = "Every secret is named."
  }
}

variable "secret_key_arn" {
  type        = string
  description = "Key of the secrets."
}

variable "data_key_arn" {
  type        = string
  description = "Key of nodes' disks."
}

variable "alarm_key_arn" {
  type        = string
  description = "Key of the topics for alarms."
}

variable "authority_arn" {
  type        = string
  description = "Authority that signs services' certificates."
}

variable "alarm_topic_arn" {
  type        = string
  description = "Topic for the alarm that no heartbeat comes."
}

variable "mail_topic_arns" {
  type        = list(string)
  description = "Topics of mail lists, which Alertmanager publishes to."
}

variable "heartbeat_topic" {
  type        = string
  description = "Name of the topic of the cluster's heartbeat."
}

variable "expects_heartbeat" {
  type        = bool
  description = "Whether silence is an alarm: not where the environment is stopped by the clock."
}

variable "alert_secrets" {
  type        = bool
  description = "Whether Alertmanager signs in anywhere; the Kubernetes secret alerts then has the keys."
}

variable "log_archive" {
  type = object({
    bucket     = string
    account_id = string
  })
  description = "Bucket that keeps logs, and its account."
}

variable "log_domain" {
  type        = string
  description = "Name of the OpenSearch domain for logs; null where there is none."
  default     = null
}

variable "log_authority" {
  type        = list(string)
  description = "Certificates, in PEM, of the authority that signed the domain's name, up to its root."
  default     = []
}

variable "log_group" {
  type        = string
  description = "Log group for logs where there is no domain."
  default     = null
}

variable "log_key_arn" {
  type        = string
  description = "Key of the log group."
  default     = null
}

variable "log_days" {
  type        = number
  description = "Days for which the log group keeps them."
  default     = 30
}

variable "discovers_machines" {
  type        = bool
  description = "Whether figures of services on machines beside the cluster are read."
}

variable "pod_security_groups" {
  type        = map(string)
  description = "Security groups of pods, by service."
}

variable "node_role_name" {
  type        = string
  description = "Name of the nodes' role, and of the profile that carries it."
}

variable "karpenter_role_name" {
  type        = string
  description = "Name of Karpenter's role."
}

variable "interruption_queue" {
  type        = string
  description = "Queue that tells Karpenter when AWS takes a node away."
}

variable "node_security_group_id" {
  type        = string
  description = "Security group of nodes and pods."
}

variable "control_security_group_id" {
  type        = string
  description = "Security group of the control plane."
}

variable "metrics_days" {
  type        = number
  description = "Days for which figures are kept in the cluster."
}

variable "metrics_gib" {
  type        = number
  description = "Disk of each Prometheus in GiB."
}

variable "apm" {
  type        = bool
  description = "Whether a service on the internet takes traces; its key is then the Kubernetes secret apm."
}

variable "labels" {
  type        = map(string)
  description = "Labels by which figures of clusters are told apart."
}
