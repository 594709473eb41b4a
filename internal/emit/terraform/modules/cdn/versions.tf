terraform {
  required_version = ">= 1.11.0"

  required_providers {
    akamai = {
      source  = "akamai/akamai"
      version = "~> 9.2"
    }

    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.25"
    }
  }
}
