# What may be spent, and who hears of it: a budget for each account with a word
# before it is used up, and monitors that notice what nobody planned.

resource "aws_budgets_budget" "this" {
  for_each = var.budgets

  name         = "${var.name}-${each.key}"
  budget_type  = "COST"
  time_unit    = "MONTHLY"
  limit_amount = tostring(each.value.amount)
  limit_unit   = var.currency

  dynamic "cost_filter" {
    for_each = length(each.value.account_ids) == 0 ? [] : [each.value.account_ids]

    content {
      name   = "LinkedAccount"
      values = cost_filter.value
    }
  }

  cost_types {
    include_credit             = false
    include_discount           = true
    include_other_subscription = true
    include_recurring          = true
    include_refund             = false
    include_subscription       = true
    include_support            = true
    include_tax                = true
    include_upfront            = true
    use_amortized              = false
    use_blended                = false
  }

  # Before it happens, while something can still be done.
  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "FORECASTED"
    threshold                  = var.forecast_percent
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = each.value.mail
    subscriber_sns_topic_arns  = [var.topic_arn]
  }

  notification {
    comparison_operator        = "GREATER_THAN"
    notification_type          = "ACTUAL"
    threshold                  = 100
    threshold_type             = "PERCENTAGE"
    subscriber_email_addresses = each.value.mail
    subscriber_sns_topic_arns  = [var.topic_arn]
  }

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_ce_anomaly_monitor" "services" {
  name              = "${var.name}-services"
  monitor_type      = "DIMENSIONAL"
  monitor_dimension = "SERVICE"
  tags              = { Name = "${var.name}-services" }
}

resource "aws_ce_anomaly_monitor" "accounts" {
  for_each = { for k, b in var.budgets : k => b if length(b.account_ids) > 0 }

  name         = "${var.name}-${each.key}"
  monitor_type = "CUSTOM"

  monitor_specification = jsonencode({
    And            = null
    CostCategories = null
    Dimensions     = { Key = "LINKED_ACCOUNT", MatchOptions = null, Values = each.value.account_ids }
    Not            = null
    Or             = null
    Tags           = null
  })

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_ce_anomaly_subscription" "at_once" {
  name             = "${var.name}-at-once"
  frequency        = "IMMEDIATE"
  monitor_arn_list = concat([aws_ce_anomaly_monitor.services.arn], [for m in aws_ce_anomaly_monitor.accounts : m.arn])

  subscriber {
    type    = "SNS"
    address = var.topic_arn
  }

  threshold_expression {
    dimension {
      key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
      match_options = ["GREATER_THAN_OR_EQUAL"]
      values        = [tostring(var.anomaly_amount)]
    }
  }

  tags = { Name = "${var.name}-at-once" }
}

resource "aws_ce_anomaly_subscription" "daily" {
  for_each = { for m in [var.mail] : "mail" => m if m != null }

  name             = "${var.name}-daily"
  frequency        = "DAILY"
  monitor_arn_list = concat([aws_ce_anomaly_monitor.services.arn], [for m in aws_ce_anomaly_monitor.accounts : m.arn])

  subscriber {
    type    = "EMAIL"
    address = each.value
  }

  # What is small in money may be large in proportion: both at once are noise.
  threshold_expression {
    and {
      dimension {
        key           = "ANOMALY_TOTAL_IMPACT_ABSOLUTE"
        match_options = ["GREATER_THAN_OR_EQUAL"]
        values        = [tostring(ceil(var.anomaly_amount / 4))]
      }
    }

    and {
      dimension {
        key           = "ANOMALY_TOTAL_IMPACT_PERCENTAGE"
        match_options = ["GREATER_THAN_OR_EQUAL"]
        values        = ["20"]
      }
    }
  }

  tags = { Name = "${var.name}-daily" }
}
