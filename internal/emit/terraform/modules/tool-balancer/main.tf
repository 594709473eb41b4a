# The door to the tools of one tier: inside the network, with a certificate of
# the platform's authority, and with the company's sign-in before anything of a
# tool is shown. Build agents have no browser; they come from their own subnets,
# to the paths of agents, and show Jenkins their own token.

resource "aws_security_group" "this" {
  name        = "${var.name}-alb"
  description = "Those who use the tools of ${var.tier}"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-alb" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = merge(var.people, var.agents)

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = each.key }
}

# The load balancer itself asks the provider of the sign-in.
resource "aws_vpc_security_group_egress_rule" "sign_in" {
  security_group_id = aws_security_group.this.id
  description       = "Sign-in, by the firewall's list of domains"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = true
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.this.id]
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"
  enable_deletion_protection = true
  idle_timeout               = 300 # agents keep a connection open

  access_logs {
    bucket  = var.log_bucket
    enabled = true
  }

  connection_logs {
    bucket  = var.log_bucket
    prefix  = "connections"
    enabled = true
  }

  tags = { Name = var.name }
}

resource "aws_acm_certificate" "this" {
  domain_name               = values(var.tools)[0].host
  subject_alternative_names = slice([for t in values(var.tools) : t.host], 1, length(var.tools))
  certificate_authority_arn = var.authority_arn
  key_algorithm             = "EC_prime256v1"

  tags = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "this" {
  for_each = var.tools

  name                 = substr("${var.name}-${each.key}", 0, 32)
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "HTTPS"
  port                 = each.value.port
  deregistration_delay = 30

  health_check {
    protocol            = "HTTPS"
    path                = each.value.health_path
    matcher             = "200"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 4
  }

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = aws_acm_certificate.this.arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "agents" {
  for_each = { for k, t in var.tools : k => t if length(t.agent_paths) > 0 }

  listener_arn = aws_lb_listener.this.arn
  priority     = each.value.priority

  condition {
    host_header {
      values = [each.value.host]
    }
  }

  condition {
    source_ip {
      values = [for a in values(var.agents) : a.cidr]
    }
  }

  condition {
    path_pattern {
      values = each.value.agent_paths
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  tags = { Name = "${each.key}-agents" }
}

resource "aws_lb_listener_rule" "people" {
  for_each = var.tools

  listener_arn = aws_lb_listener.this.arn
  priority     = each.value.priority + 1

  condition {
    host_header {
      values = [each.value.host]
    }
  }

  condition {
    source_ip {
      values = [for p in values(var.people) : p.cidr]
    }
  }

  action {
    order = 1
    type  = "authenticate-oidc"

    authenticate_oidc {
      issuer                     = var.sign_in.issuer
      authorization_endpoint     = var.sign_in.authorization_endpoint
      token_endpoint             = var.sign_in.token_endpoint
      user_info_endpoint         = var.sign_in.user_info_endpoint
      client_id                  = var.sign_in.client_id
      client_secret              = var.client_secret
      scope                      = "openid profile email"
      session_timeout            = 28800
      on_unauthenticated_request = "authenticate"
    }
  }

  action {
    order            = 2
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  tags = { Name = each.key }
}

resource "aws_route53_record" "this" {
  for_each = var.tools

  zone_id = var.zone_id
  name    = each.value.host
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = true
  }
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = var.tools

  alarm_name          = "${var.name}-${each.key}-unhealthy"
  alarm_description   = "${each.key} of ${var.tier} does not answer. Runbook: open a session on its machine, read its log; its volume can be restored from last night's copy."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.this[each.key].arn_suffix }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
