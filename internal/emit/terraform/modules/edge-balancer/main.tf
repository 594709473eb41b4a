# The one public load balancer of a tier. It takes requests that came through
# the CDN and refuses all others.

resource "aws_security_group" "this" {
  name        = "${var.name}-edge"
  description = "Requests from the CDN"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-edge" }
}

# The list counts against the rules of a group with its largest size, not with
# what is in it.
resource "aws_ec2_managed_prefix_list" "cdn" {
  name           = "${var.name}-cdn"
  address_family = "IPv4"
  max_entries    = var.cdn_max_entries

  dynamic "entry" {
    for_each = var.cdn_cidrs

    content {
      cidr        = entry.value
      description = entry.key
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "cdn" {
  security_group_id = aws_security_group.this.id
  description       = "HTTPS from the CDN"
  prefix_list_id    = aws_ec2_managed_prefix_list.cdn.id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "origin" {
  for_each = merge([for name, o in var.origins : { for zone, address in o.addresses : "${name} ${zone}" => { cidr = "${address}/32", port = o.port, name = name } }]...)

  security_group_id = aws_security_group.this.id
  description       = "To ${each.value.name}"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_lb" "this" {
  name                             = var.name
  load_balancer_type               = "application"
  internal                         = false
  subnets                          = var.subnet_ids
  security_groups                  = [aws_security_group.this.id]
  drop_invalid_header_fields       = true
  desync_mitigation_mode           = "strictest"
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = true
  enable_http2                     = true
  preserve_host_header             = true
  xff_header_processing_mode       = "append"
  idle_timeout                     = 60

  access_logs {
    bucket  = var.log_bucket
    prefix  = "${var.name}/access"
    enabled = true
  }

  connection_logs {
    bucket  = var.log_bucket
    prefix  = "${var.name}/connections"
    enabled = true
  }

  health_check_logs {
    bucket  = var.log_bucket
    prefix  = "${var.name}/health"
    enabled = true
  }

  tags = { Name = var.name }
}

# One certificate for each host: a host more, or one less, leaves those of the
# others alone. Who asks for none of them is shown one that names no customer's.
resource "aws_acm_certificate" "this" {
  for_each = toset(concat([var.fallback_host], var.hosts))

  domain_name       = each.key
  validation_method = "DNS"
  tags              = { Name = each.key }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = aws_acm_certificate.this

  zone_id         = var.public_zone_id
  name            = try(one(each.value.domain_validation_options).resource_record_name, "_validation.${each.key}")
  type            = "CNAME"
  ttl             = 300
  records         = [try(one(each.value.domain_validation_options).resource_record_value, "pending.acm-validations.aws")]
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  for_each = aws_acm_certificate.this

  certificate_arn         = each.value.arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = aws_acm_certificate_validation.this[var.fallback_host].certificate_arn

  # What no route takes is nobody's.
  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "not found"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_certificate" "this" {
  for_each = toset(var.hosts)

  listener_arn    = aws_lb_listener.https.arn
  certificate_arn = aws_acm_certificate_validation.this[each.key].certificate_arn
}

# Targets are the fixed addresses of the load balancers inside.
resource "aws_lb_target_group" "this" {
  for_each = var.origins

  name                          = each.value.target_name
  vpc_id                        = var.vpc_id
  target_type                   = "ip"
  protocol                      = "HTTPS"
  port                          = each.value.port
  deregistration_delay          = 30
  load_balancing_algorithm_type = "least_outstanding_requests"

  health_check {
    protocol            = "HTTPS"
    path                = each.value.health_path
    matcher             = "200"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  tags = { Name = each.key }
}

resource "aws_lb_target_group_attachment" "this" {
  for_each = merge([for name, o in var.origins : { for zone, address in o.addresses : "${name} ${zone}" => { name = name, address = address, port = o.port } }]...)

  target_group_arn  = aws_lb_target_group.this[each.value.name].arn
  target_id         = each.value.address
  port              = each.value.port
  availability_zone = "all"
}

resource "aws_lb_listener_rule" "this" {
  for_each = var.routes

  listener_arn = aws_lb_listener.https.arn
  priority     = each.value.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.value.origin].arn
  }

  condition {
    host_header {
      values = [each.value.host]
    }
  }

  condition {
    path_pattern {
      values = each.value.paths
    }
  }

  tags = { Name = each.key }
}

resource "aws_wafv2_web_acl" "this" {
  name  = var.name
  scope = "REGIONAL"

  default_action {
    allow {}
  }

  # The header that only the CDN knows. Two values hold while it is changed.
  rule {
    name     = "only-through-the-cdn"
    priority = 0

    action {
      block {}
    }

    statement {
      not_statement {
        statement {
          byte_match_statement {
            search_string         = var.origin_secret
            positional_constraint = "EXACTLY"

            field_to_match {
              single_header {
                name = "x-origin-verify"
              }
            }

            text_transformation {
              priority = 0
              type     = "NONE"
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-past-the-cdn"
      sampled_requests_enabled   = true
    }
  }

  dynamic "rule" {
    for_each = { "AWSManagedRulesAmazonIpReputationList" = 10, "AWSManagedRulesKnownBadInputsRuleSet" = 20, "AWSManagedRulesCommonRuleSet" = 30 }

    content {
      name     = rule.key
      priority = rule.value

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = rule.key
        sampled_requests_enabled   = true
      }
    }
  }

  rule {
    name     = "rate"
    priority = 40

    action {
      block {}
    }

    statement {
      rate_based_statement {
        limit              = var.rate_limit
        aggregate_key_type = "FORWARDED_IP"

        forwarded_ip_config {
          header_name       = "True-Client-IP"
          fallback_behavior = "MATCH"
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-rate"
      sampled_requests_enabled   = true
    }
  }

  # Paths that bots come for are known by a label; there are more of them than
  # rules that count.
  dynamic "rule" {
    for_each = { for i, key in sort(keys(var.sensitive)) : key => merge(var.sensitive[key], { priority = 100 + i }) }

    content {
      name     = "sensitive-${replace(rule.key, "/[^A-Za-z0-9]+/", "-")}"
      priority = rule.value.priority

      action {
        count {}
      }

      rule_label {
        name = "sensitive-${rule.value.limit}"
      }

      statement {
        and_statement {
          statement {
            byte_match_statement {
              search_string         = rule.value.host
              positional_constraint = "EXACTLY"

              field_to_match {
                single_header {
                  name = "host"
                }
              }

              text_transformation {
                priority = 0
                type     = "LOWERCASE"
              }
            }
          }

          statement {
            byte_match_statement {
              search_string         = rule.value.path
              positional_constraint = "STARTS_WITH"

              field_to_match {
                uri_path {}
              }

              text_transformation {
                priority = 0
                type     = "NORMALIZE_PATH"
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-sensitive-${replace(rule.key, "/[^A-Za-z0-9]+/", "-")}"
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = { for i, limit in sort(distinct([for s in var.sensitive : s.limit])) : limit => 500 + i }

    content {
      name     = "sensitive-rate-${rule.key}"
      priority = rule.value

      action {
        block {}
      }

      statement {
        rate_based_statement {
          limit              = rule.key
          aggregate_key_type = "FORWARDED_IP"

          forwarded_ip_config {
            header_name       = "True-Client-IP"
            fallback_behavior = "MATCH"
          }

          scope_down_statement {
            label_match_statement {
              scope = "LABEL"
              key   = "sensitive-${rule.key}"
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-sensitive-rate-${rule.key}"
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }

  tags = { Name = var.name }
}

resource "aws_wafv2_web_acl_association" "this" {
  resource_arn = aws_lb.this.arn
  web_acl_arn  = aws_wafv2_web_acl.this.arn
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [var.waf_log_bucket_arn]

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }

  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = {
    own-errors    = { metric = "HTTPCode_ELB_5XX_Count", statistic = "Sum", threshold = 25, text = "${var.name} itself fails. Runbook: no healthy target, or a release that cannot be reached." }
    target-errors = { metric = "HTTPCode_Target_5XX_Count", statistic = "Sum", threshold = 50, text = "Services behind ${var.name} fail. Runbook: paddock status; the last release first." }
    refused       = { metric = "RejectedConnectionCount", statistic = "Sum", threshold = 1, text = "${var.name} is full. Runbook: an attack, or a peak that nobody announced." }
    slow          = { metric = "TargetResponseTime", statistic = "Average", threshold = 2, text = "Answers through ${var.name} take two seconds. Runbook: paddock access --live shows the path." }
  }

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/ApplicationELB"
  metric_name         = each.value.metric
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix }
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 3
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
