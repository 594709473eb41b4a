# Where alarms go: one topic for each severity, with a key that CloudWatch and
# the others may use. With Amazon's own key they would publish into nothing.

resource "aws_sns_topic" "this" {
  for_each = var.topics

  name              = each.value.name
  kms_master_key_id = var.kms_key_arn
}

resource "aws_sns_topic_policy" "this" {
  for_each = var.topics

  arn = aws_sns_topic.this[each.key].arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ServicesOfThisAccount"
        Effect    = "Allow"
        Principal = { Service = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "budgets.amazonaws.com", "backup.amazonaws.com", "costalerts.amazonaws.com"] }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[each.key].arn
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "OnlyEncryptedConnections"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this[each.key].arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = merge([for k, t in var.topics : { for m in t.mail : "${k} ${m}" => { topic = k, mail = m } }]...)

  topic_arn = aws_sns_topic.this[each.value.topic].arn
  protocol  = "email"
  endpoint  = each.value.mail
}

# The address at which the paging service takes alarms has its key in it, and is
# known only when that service is set up: people keep it in the account. Until
# then nothing is subscribed, and nothing fails.
data "aws_ssm_parameters_by_path" "page" {
  count = var.page_parameters == null ? 0 : 1

  path = var.page_parameters
}

locals {
  pages = var.page_parameters == null ? [] : data.aws_ssm_parameters_by_path.page[0].names
}

resource "aws_sns_topic_subscription" "page" {
  for_each = { for k, t in var.topics : k => t if t.page && length(local.pages) > 0 }

  topic_arn              = aws_sns_topic.this[each.key].arn
  protocol               = "https"
  endpoint               = data.aws_ssm_parameters_by_path.page[0].values[0]
  endpoint_auto_confirms = true
}
