# Where Terraform keeps what it knows of one account. States hold addresses and
# names, never secrets: those go by write-only arguments.

module "bucket" {
  source = "../bucket"

  bucket      = var.bucket
  kms_key_arn = aws_kms_key.this.arn
  keep        = { versions_days = 365, versions = 50 }
}

resource "aws_kms_key" "this" {
  description             = "Terraform states of ${var.account}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "PoliciesOfTheAccount"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.bucket}"
  target_key_id = aws_kms_key.this.key_id
}
