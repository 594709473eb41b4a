# A load balancer with fixed addresses before a service that is called from
# another network. TLS passes through and ends in the pod, or in the machine.

resource "aws_security_group" "this" {
  name        = "${var.name}-nlb"
  description = "Callers of ${var.service} from other networks"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-nlb" }
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = var.clients

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = { for pair in setproduct(keys(var.target_cidrs), [for p in values(var.ports) : tostring(p)]) : "${pair[0]} ${pair[1]}" => { cidr = var.target_cidrs[pair[0]], port = tonumber(pair[1]) } }

  security_group_id = aws_security_group.this.id
  description       = "Where ${var.service} runs"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_lb" "this" {
  name                             = var.name
  load_balancer_type               = "network"
  internal                         = true
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.protected
  security_groups                  = [aws_security_group.this.id]

  enforce_security_group_inbound_rules_on_private_link_traffic = "on"

  dynamic "subnet_mapping" {
    for_each = var.addresses

    content {
      subnet_id            = var.subnet_ids[subnet_mapping.key]
      private_ipv4_address = subnet_mapping.value
    }
  }

  tags = { Name = var.name }
}

resource "aws_lb_target_group" "this" {
  for_each = var.ports

  name                 = "${var.target_prefix}-${each.key}"
  vpc_id               = var.vpc_id
  target_type          = var.target_type
  protocol             = "TCP"
  port                 = each.value
  deregistration_delay = 30
  preserve_client_ip   = false

  health_check {
    protocol            = "TCP"
    port                = "traffic-port"
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_lb_listener" "this" {
  for_each = var.ports

  load_balancer_arn = aws_lb.this.arn
  protocol          = "TCP"
  port              = each.value

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}

# People come to private routes with a browser, which asks on 443.
resource "aws_lb_listener" "web" {
  count = var.web ? 1 : 0

  load_balancer_arn = aws_lb.this.arn
  protocol          = "TCP"
  port              = 443

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this["main"].arn
  }
}

resource "aws_route53_record" "this" {
  zone_id = var.zone_id
  name    = var.service
  type    = "A"
  ttl     = 60
  records = values(var.addresses)
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = var.ports

  alarm_name          = "${var.name}-${each.key}-unhealthy"
  alarm_description   = "Replicas of ${var.service} do not answer on ${each.value}. Runbook: paddock status ${var.service}; look at its last release first."
  namespace           = "AWS/NetworkELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.this.arn_suffix, TargetGroup = aws_lb_target_group.this[each.key].arn_suffix }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
