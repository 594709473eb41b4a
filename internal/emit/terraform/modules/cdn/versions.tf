terraform {
  required_version = ">= 1.11.0"

  required_providers {
    akamai = {
      source  = "akamai/akamai"
      version = "~> 9.2"
    }
  }
}
