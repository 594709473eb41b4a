# Every packet's header is kept: the custom format has what the questions of
# forensics need, the aggregation of a minute what alerts need.

resource "aws_flow_log" "this" {
  vpc_id                   = aws_vpc.this.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = var.flow_log_bucket_arn
  max_aggregation_interval = 60
  log_format               = var.flow_log_format

  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = true
  }

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_route53_resolver_query_log_config_association" "this" {
  resolver_query_log_config_id = var.query_log_config_id
  resource_id                  = aws_vpc.this.id
}

# Without it, DNS is a way out around every other rule.
resource "aws_route53_resolver_firewall_config" "this" {
  resource_id        = aws_vpc.this.id
  firewall_fail_open = "DISABLED"
}

resource "aws_route53_resolver_firewall_rule_group_association" "this" {
  for_each = var.dns_firewall_rule_groups

  name                   = "${var.name}-${each.key}"
  firewall_rule_group_id = each.value.id
  priority               = each.value.priority
  mutation_protection    = "ENABLED"
  vpc_id                 = aws_vpc.this.id
  tags                   = var.tags
}

resource "aws_vpc_encryption_control" "this" {
  vpc_id = aws_vpc.this.id
  mode   = var.encryption_mode
  tags   = merge(var.tags, { Name = var.name })
}
