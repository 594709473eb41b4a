# The domain as the internet sees it: signed, with a record of every question.
# Keys for signing and logs of public zones live in us-east-1.

resource "aws_route53_zone" "this" {
  name    = var.domain
  comment = "Public names"

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_key" "signing" {
  provider = aws.global

  description              = "DNSSEC of ${var.domain}"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "PoliciesOfTheAccount", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "Signing", Effect = "Allow", Principal = { Service = "dnssec-route53.amazonaws.com" }, Action = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"], Resource = "*", Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } } },
      { Sid = "Grants", Effect = "Allow", Principal = { Service = "dnssec-route53.amazonaws.com" }, Action = "kms:CreateGrant", Resource = "*", Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } } },
    ]
  })
}

resource "aws_route53_key_signing_key" "this" {
  hosted_zone_id             = aws_route53_zone.this.zone_id
  key_management_service_arn = aws_kms_key.signing.arn
  name                       = "primary"
}

resource "aws_route53_hosted_zone_dnssec" "this" {
  hosted_zone_id = aws_route53_key_signing_key.this.hosted_zone_id
}

resource "aws_kms_key" "queries" {
  provider = aws.global

  description             = "Questions to ${var.domain}"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "PoliciesOfTheAccount", Effect = "Allow", Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }, Action = "kms:*", Resource = "*" },
      { Sid = "LogGroup", Effect = "Allow", Principal = { Service = "logs.us-east-1.amazonaws.com" }, Action = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], Resource = "*", Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:${var.account_id}:log-group:/aws/route53/${var.domain}" } } },
    ]
  })
}

resource "aws_cloudwatch_log_group" "queries" {
  provider = aws.global

  name              = "/aws/route53/${var.domain}"
  retention_in_days = 180
  kms_key_id        = aws_kms_key.queries.arn
}

resource "aws_cloudwatch_log_resource_policy" "queries" {
  provider = aws.global

  policy_name = "route53-queries"

  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "route53.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.queries.arn}:*"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_route53_query_log" "this" {
  zone_id                  = aws_route53_zone.this.zone_id
  cloudwatch_log_group_arn = aws_cloudwatch_log_group.queries.arn

  depends_on = [aws_cloudwatch_log_resource_policy.queries]
}

resource "aws_route53_record" "caa" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.domain
  type    = "CAA"
  ttl     = 3600
  records = [for issuer in var.issuers : "0 issue \"${issuer}\""]
}
