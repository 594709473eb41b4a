# What every account has before anything else is in it: nothing public by
# accident, nothing unencrypted by accident, no way in but the intended one.

resource "aws_s3_account_public_access_block" "this" {
  count = var.global ? 1 : 0

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = true
}

resource "aws_ebs_default_kms_key" "this" {
  key_arn = var.data_key_arn
}

resource "aws_ebs_snapshot_block_public_access" "this" {
  state = "block-all-sharing"
}

resource "aws_ec2_image_block_public_access" "this" {
  state = "block-new-sharing"
}

resource "aws_ec2_instance_metadata_defaults" "this" {
  http_tokens                 = "required"
  http_put_response_hop_limit = 1
  instance_metadata_tags      = "disabled"
}

resource "aws_ec2_serial_console_access" "this" {
  enabled = false
}

# The strongest guard there is: even an internet gateway that somebody adds
# later carries nothing. Egress networks exclude their public subnets.
resource "aws_vpc_block_public_access_options" "this" {
  internet_gateway_block_mode = "block-bidirectional"
}

resource "aws_iam_account_password_policy" "this" {
  count = var.global ? 1 : 0

  minimum_password_length        = 16
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 24
  hard_expiry                    = false
}

resource "aws_iam_account_alias" "this" {
  count = var.global && var.alias != null ? 1 : 0

  account_alias = var.alias
}

resource "aws_account_alternate_contact" "this" {
  for_each = var.global ? var.contacts : {}

  alternate_contact_type = upper(each.key)
  name                   = each.value.name
  title                  = each.value.title
  email_address          = each.value.mail
  phone_number           = each.value.phone
}

resource "aws_accessanalyzer_analyzer" "external" {
  analyzer_name = "${var.name}-external"
  type          = "ACCOUNT"
}

resource "aws_accessanalyzer_analyzer" "unused" {
  analyzer_name = "${var.name}-unused"
  type          = "ACCOUNT_UNUSED_ACCESS"

  configuration {
    unused_access {
      unused_access_age = 90
    }
  }
}

resource "aws_servicequotas_service_quota" "this" {
  for_each = var.quotas

  service_code = each.value.service
  quota_code   = each.value.code
  value        = each.value.value
}
