# What watches all accounts of the organization in one region. It stands in the
# account that looks after security for all: a new account is watched from its
# first minute, and its own administrators cannot turn it off.

resource "aws_guardduty_organization_configuration" "this" {
  detector_id                      = var.detector_id
  auto_enable_organization_members = "ALL"
}

resource "aws_guardduty_organization_configuration_feature" "this" {
  for_each = toset(["S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS"])

  detector_id = var.detector_id
  name        = each.key
  auto_enable = "ALL"
}

resource "aws_guardduty_organization_configuration_feature" "runtime" {
  detector_id = var.detector_id
  name        = "RUNTIME_MONITORING"
  auto_enable = "ALL"

  dynamic "additional_configuration" {
    for_each = toset(["EKS_ADDON_MANAGEMENT", "EC2_AGENT_MANAGEMENT"])

    content {
      name        = additional_configuration.key
      auto_enable = "ALL"
    }
  }
}

# Findings of all regions are read in one.
resource "aws_securityhub_finding_aggregator" "this" {
  count = var.primary && length(var.other_regions) > 0 ? 1 : 0

  linking_mode      = "SPECIFIED_REGIONS"
  specified_regions = var.other_regions
}

# Which standards are checked is said by the root of each account.
resource "aws_securityhub_organization_configuration" "this" {
  auto_enable           = true
  auto_enable_standards = "NONE"

  depends_on = [aws_securityhub_finding_aggregator.this]
}

resource "aws_inspector2_organization_configuration" "this" {
  auto_enable {
    ec2         = true
    ecr         = true
    lambda      = true
    lambda_code = true
  }
}

# Access from outside the organization, not of one account only.
resource "aws_accessanalyzer_analyzer" "external" {
  analyzer_name = "${var.name}-organization"
  type          = "ORGANIZATION"
}

resource "aws_accessanalyzer_analyzer" "unused" {
  count = var.primary ? 1 : 0

  analyzer_name = "${var.name}-organization-unused"
  type          = "ORGANIZATION_UNUSED_ACCESS"

  configuration {
    unused_access {
      unused_access_age = 90
    }
  }
}

resource "aws_iam_role" "aggregator" {
  count = var.primary ? 1 : 0

  name = "${var.name}-config-aggregator"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "config.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "aggregator" {
  count = var.primary ? 1 : 0

  role       = aws_iam_role.aggregator[0].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSConfigRoleForOrganizations"
}

resource "aws_config_configuration_aggregator" "this" {
  count = var.primary ? 1 : 0

  name = "${var.name}-organization"

  organization_aggregation_source {
    all_regions = true
    role_arn    = aws_iam_role.aggregator[0].arn
  }

  depends_on = [aws_iam_role_policy_attachment.aggregator]
}

resource "aws_config_organization_managed_rule" "this" {
  for_each = var.rules

  name              = "${var.name}-${each.key}"
  description       = each.value.description
  rule_identifier   = each.value.identifier
  input_parameters  = length(each.value.parameters) == 0 ? null : jsonencode(each.value.parameters)
  excluded_accounts = var.unrecorded_accounts
}
