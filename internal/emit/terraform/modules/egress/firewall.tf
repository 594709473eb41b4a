# Which names may be asked for on the internet, by whom. Lists by segment: a
# domain that one service needs is not open to all.

data "aws_region" "this" {}

resource "aws_networkfirewall_firewall" "this" {
  count = var.inspect ? 1 : 0

  name                              = var.name
  firewall_policy_arn               = aws_networkfirewall_firewall_policy.this[0].arn
  vpc_id                            = aws_vpc.this.id
  delete_protection                 = true
  subnet_change_protection          = true
  firewall_policy_change_protection = true

  dynamic "subnet_mapping" {
    for_each = local.by_purpose["fw"]

    content {
      subnet_id = aws_subnet.this[subnet_mapping.key].id
    }
  }

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.kms_key_arn
  }

  tags = { Name = var.name }
}

resource "aws_networkfirewall_firewall_policy" "this" {
  count = var.inspect ? 1 : 0

  name = var.name

  firewall_policy {
    stateless_default_actions          = ["aws:forward_to_sfe"]
    stateless_fragment_default_actions = ["aws:forward_to_sfe"]
    stateful_default_actions           = ["aws:drop_established", "aws:alert_established"]

    stateful_engine_options {
      rule_order              = "STRICT_ORDER"
      stream_exception_policy = "REJECT"
    }

    stateful_rule_group_reference {
      priority     = 1
      resource_arn = aws_networkfirewall_rule_group.private[0].arn
    }

    stateful_rule_group_reference {
      priority     = 2
      resource_arn = aws_networkfirewall_rule_group.protocols[0].arn
    }

    # What Amazon knows to be bad is refused before any list of ours allows it.
    dynamic "stateful_rule_group_reference" {
      for_each = { for i, name in var.threats : name => 10 + i }

      content {
        priority     = stateful_rule_group_reference.value
        resource_arn = "arn:aws:network-firewall:${data.aws_region.this.region}:aws-managed:stateful-rulegroup/${stateful_rule_group_reference.key}"
      }
    }

    dynamic "stateful_rule_group_reference" {
      for_each = var.domains

      content {
        priority     = stateful_rule_group_reference.value.priority
        resource_arn = aws_networkfirewall_rule_group.domains[stateful_rule_group_reference.key].arn
      }
    }
  }

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.kms_key_arn
  }
}

# A second wall behind the black holes of the hub: nothing private leaves here
# towards something private.
resource "aws_networkfirewall_rule_group" "private" {
  count = var.inspect ? 1 : 0

  name     = "${var.name}-private"
  type     = "STATEFUL"
  capacity = 10

  rule_group {
    rules_source {
      rules_string = "drop ip $PRIVATE any -> $PRIVATE any (msg:\"private to private\"; sid:1000001; rev:1;)"
    }

    rule_variables {
      ip_sets {
        key = "PRIVATE"

        ip_set {
          definition = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]
        }
      }
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.kms_key_arn
  }
}

# What could carry data past the lists of names.
resource "aws_networkfirewall_rule_group" "protocols" {
  count = var.inspect ? 1 : 0

  name     = "${var.name}-protocols"
  type     = "STATEFUL"
  capacity = 20

  rule_group {
    rules_source {
      rules_string = join("\n", [
        "drop udp any any -> any 443 (msg:\"QUIC hides names\"; sid:1000101; rev:1;)",
        "drop tcp any any -> any 25 (msg:\"SMTP\"; sid:1000102; rev:1;)",
        "drop tcp any any -> any 53 (msg:\"DNS past the resolver\"; sid:1000103; rev:1;)",
        "drop udp any any -> any 53 (msg:\"DNS past the resolver\"; sid:1000104; rev:1;)",
        "drop tcp any any -> any 853 (msg:\"DNS over TLS\"; sid:1000105; rev:1;)",
        "drop tls any any -> any any (tls.sni; content:\"\"; startswith; endswith; msg:\"TLS without a name\"; sid:1000106; rev:1;)",
      ])
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.kms_key_arn
  }
}

resource "aws_networkfirewall_rule_group" "domains" {
  for_each = var.inspect ? var.domains : {}

  name     = "${var.name}-${each.key}"
  type     = "STATEFUL"
  capacity = max(100, 2 * length(each.value.allow) + 20)

  rule_group {
    rules_source {
      rules_source_list {
        generated_rules_type = "ALLOWLIST"
        target_types         = ["TLS_SNI", "HTTP_HOST"]
        targets              = each.value.allow
      }
    }

    # Without it a list is about the firewall's own VPC and matches nothing.
    rule_variables {
      ip_sets {
        key = "HOME_NET"

        ip_set {
          definition = each.value.from
        }
      }
    }

    stateful_rule_options {
      rule_order = "STRICT_ORDER"
    }
  }

  encryption_configuration {
    type   = "CUSTOMER_KMS"
    key_id = var.kms_key_arn
  }
}

resource "aws_networkfirewall_logging_configuration" "this" {
  count = var.inspect ? 1 : 0

  firewall_arn = aws_networkfirewall_firewall.this[0].arn

  logging_configuration {
    dynamic "log_destination_config" {
      for_each = toset(["FLOW", "ALERT"])

      content {
        log_type             = log_destination_config.key
        log_destination_type = "S3"
        log_destination = {
          bucketName = var.firewall_log_bucket
          prefix     = "${var.name}/${lower(log_destination_config.key)}"
        }
      }
    }
  }
}

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

  tags = { Name = var.name }
}

# Nothing asks for names here. Who gets in nevertheless finds the same list that
# stands before the networks behind, and leaves a record.
resource "aws_route53_resolver_query_log_config_association" "this" {
  resolver_query_log_config_id = var.query_log_config_id
  resource_id                  = aws_vpc.this.id
}

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
  tags                   = { Name = "${var.name}-${each.key}" }
}
