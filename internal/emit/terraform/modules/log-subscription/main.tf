# Every log group of an account, those that come later too, goes to the tier's
# log domain. Groups that the domain itself writes would feed on themselves.

resource "aws_cloudwatch_log_account_policy" "this" {
  policy_name        = var.name
  policy_type        = "SUBSCRIPTION_FILTER_POLICY"
  scope              = "ALL"
  selection_criteria = "LogGroupName NOT IN ${jsonencode(var.except)}"

  policy_document = jsonencode({
    DestinationArn = var.destination_arn
    FilterPattern  = ""
    Distribution   = "Random"
  })
}
