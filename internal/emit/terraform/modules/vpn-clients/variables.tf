variable "name" {
  type        = string
  description = "Name of the VPN, such as kestrel-vpn-prod."
}

variable "vpc_id" {
  type        = string
  description = "VPC of its own that people arrive in."
}

variable "subnet_ids" {
  type        = map(string)
  description = "Subnets of that VPC by zone; two keep the VPN alive when one zone fails."
}

variable "client_cidr" {
  type        = string
  description = "Addresses of the clients, /22 to /12."

  validation {
    condition     = can(cidrnetmask(var.client_cidr)) && tonumber(split("/", var.client_cidr)[1]) <= 22 && tonumber(split("/", var.client_cidr)[1]) >= 12
    error_message = "AWS takes client ranges from /22 to /12."
  }
}

variable "server_name" {
  type        = string
  description = "Name in the server's certificate."
}

variable "certificate_authority_arn" {
  type        = string
  description = "Private certificate authority that signs it."
}

variable "saml_metadata" {
  type        = string
  description = "Metadata document of the identity provider."
}

variable "authorizations" {
  type = list(object({
    group = string
    cidr  = string
    port  = number
    why   = string
  }))
  description = "What each group of the identity provider reaches."
}

variable "kms_key_arn" {
  type        = string
  description = "Key of the connection log."
}

variable "vpc_cidr" {
  type        = string
  description = "Address range of that network; its second address answers questions for names."

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 2))
    error_message = "An IPv4 range such as 10.32.24.0/24 is needed."
  }
}
