variable "name" {
  type        = string
  description = "Name of the property and of all beside it, such as kestrel-prod."
}

variable "policy_prefix" {
  type        = string
  description = "Four letters or digits that begin the id of the security policy."

  validation {
    condition     = can(regex("^[0-9a-zA-Z]{4}$", var.policy_prefix))
    error_message = "The prefix has exactly four letters or digits."
  }
}

variable "contract_id" {
  type        = string
  description = "Contract, such as ctr_1-ABC."
}

variable "group_id" {
  type        = string
  description = "Group, such as grp_12345."
}

variable "product_id" {
  type        = string
  description = "Product of the property."
  default     = "prd_SPM" # Ion Premier
}

variable "rule_format" {
  type        = string
  description = "Frozen format of the rule tree; latest would change under us."
  default     = "v2025-01-13"
}

variable "hosts" {
  type        = map(string)
  description = "Public hosts, each with the service at /."

  validation {
    condition     = length(var.hosts) > 0
    error_message = "A property has hosts."
  }
}

variable "origin" {
  type        = string
  description = "Name of the origin: that of the failover."
}

variable "origin_secret" {
  type        = string
  description = "What the load balancer wants to hear in X-Origin-Verify. It is part of the rule tree, and so of this root's state."
  sensitive   = true
}

variable "origins" {
  type = map(object({
    host    = string
    region  = string
    country = string
    weight  = number
  }))
  description = "Public load balancers by region; the one with weight 1 serves."
}

variable "health" {
  type = map(object({
    host     = string
    path     = string
    contains = optional(string)
  }))
  description = "What is asked to know whether a region serves, and what a good answer contains. Akamai's test agents ask: their addresses belong into the load balancer's prefix list too."
}

variable "site_shield" {
  type        = string
  description = "Map of Site Shield; null for none. Its addresses belong into the load balancer's prefix list (the variable cdn_ranges of the edge's own root): no data source knows them."
  default     = null
}

variable "cache" {
  type = map(object({
    host    = string
    path    = string
    seconds = number
  }))
  description = "What is kept, and how long."
}

variable "sensitive" {
  type = map(object({
    host    = string
    path    = string
    purpose = string
  }))
  description = "Paths that bots come for, and what is done there."

  validation {
    condition     = alltrue([for s in var.sensitive : contains(["login", "search", "account_verification"], s.purpose)])
    error_message = "A purpose is login, search or account_verification."
  }
}

variable "limits" {
  type = map(object({
    host       = string
    path       = string
    per_minute = number
  }))
  description = "How often one client may ask."
}

variable "waf_mode" {
  type        = string
  description = "block, monitor or off."

  validation {
    condition     = contains(["block", "monitor", "off"], var.waf_mode)
    error_message = "The firewall blocks, monitors or is off."
  }
}

variable "bot_mode" {
  type        = string
  description = "block, challenge, monitor or off."

  validation {
    condition     = contains(["block", "challenge", "monitor", "off"], var.bot_mode)
    error_message = "Bots are blocked, challenged, monitored or left alone."
  }
}

variable "bot_categories_allowed" {
  type        = list(string)
  description = "Categories of known bots that are let in, by Akamai's names."
}

variable "bot_categories_refused" {
  type        = list(string)
  description = "Categories of known bots that are treated as bot_mode says, by Akamai's names."
}

variable "bot_detections" {
  type        = list(string)
  description = "Ways in which bots give themselves away, by Akamai's names."
  default     = ["Impersonators of Known Bots", "HTTP Libraries", "Headless Browsers/Automation Tools", "Web Search Library", "Aggressive Web Crawlers", "Browser Impersonator", "Request Anomaly"]
}

variable "logs" {
  type = object({
    bucket            = string
    region            = string
    access_key        = string
    secret_access_key = string
  })
  description = "Bucket for a line of each request, and a key that may write there; null for none. Akamai cannot take on a role."
  default     = null
  sensitive   = true
}

variable "domain" {
  type        = string
  description = "Domain of the platform. It cannot be an alias of another name itself."
}

variable "zone_id" {
  type        = string
  description = "Public zone."
}

variable "notify" {
  type        = list(string)
  description = "Who is told about activations."
}

variable "reviewer" {
  type        = string
  description = "Who reviewed the change, for the record of the production network."
}

variable "change" {
  type        = string
  description = "Ticket of the change."
}

variable "contact" {
  type = object({
    first_name      = string
    last_name       = string
    organization    = string
    email           = string
    technical_email = string
    phone           = string
    address         = string
    city            = string
    region          = string
    postal_code     = string
    country_code    = string
  })
  description = "Who answers for the certificate."
}
