# Figures of AWS beside those of the services: what the accounts' role may read.

resource "newrelic_cloud_aws_link_account" "this" {
  for_each = var.links

  name                   = "${var.name}-${each.key}"
  arn                    = each.value
  metric_collection_mode = "PULL"
}

resource "newrelic_cloud_aws_integrations" "this" {
  for_each = var.links

  linked_account_id = newrelic_cloud_aws_link_account.this[each.key].id

  health {
    metrics_polling_interval = 300
  }

  alb {
    aws_regions              = var.regions
    metrics_polling_interval = 300
    fetch_extended_inventory = true
    fetch_tags               = true
  }

  ebs {
    aws_regions              = var.regions
    metrics_polling_interval = 900
    fetch_extended_inventory = true
  }

  elasticache {
    aws_regions              = var.regions
    metrics_polling_interval = 300
    fetch_tags               = true
  }

  elasticsearch {
    aws_regions              = var.regions
    metrics_polling_interval = 300
    fetch_nodes              = true
  }

  lambda {
    aws_regions              = var.regions
    metrics_polling_interval = 300
    fetch_tags               = true
  }

  sqs {
    aws_regions              = var.regions
    metrics_polling_interval = 300
    fetch_extended_inventory = true
    fetch_tags               = true
  }

  vpc {
    aws_regions              = var.regions
    metrics_polling_interval = 900
    fetch_nat_gateway        = true
    fetch_vpn                = true
  }
}
