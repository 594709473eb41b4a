# The machines of a store that we run ourselves: MongoDB, Kafka with its
# coordinators, SingleStore. Their software is Ansible's work.

resource "aws_placement_group" "this" {
  for_each = var.groups

  name            = "${var.name}-${each.key}"
  strategy        = each.value.strategy
  partition_count = each.value.partitions
  tags            = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

module "node" {
  source   = "../data-node"
  for_each = var.nodes

  name               = "${var.name}-${each.key}"
  host               = "${each.key}.${var.store}"
  region             = var.region
  subnet_id          = var.subnet_ids[each.value.zone]
  zone_name          = var.zone_names[each.value.zone]
  address            = each.value.address
  security_group_ids = var.security_group_ids
  image_id           = var.image_id
  instance_type      = each.value.instance_type
  instance_profile   = var.instance_profile
  kms_key_arn        = var.kms_key_arn
  disk_gib           = each.value.disk_gib
  iops               = var.iops
  throughput         = var.throughput
  placement_group    = aws_placement_group.this[each.value.group].id
  partition          = each.value.partition
  zone_id            = var.zone_id
  protected          = var.protected
  alarm_topics       = var.alarm_topics

  tags = merge(var.tags, {
    "paddock:role"    = each.value.role
    "paddock:index"   = tostring(each.value.index)
    "paddock:az"      = each.value.zone
    "paddock:cluster" = each.value.cluster
  })
}

# One alarm for the fullest volume of all: what is to do about it is done to the
# store, not to a machine.
resource "aws_cloudwatch_metric_alarm" "disk" {
  alarm_name          = "${var.name}-disk"
  alarm_description   = "A data volume of ${var.name} is filled to 80 %, or no machine tells how full it is. Runbook: grow disk in the platform file; the file systems follow. The rule StoreDiskFilling names the machine."
  namespace           = "CWAgent"
  metric_name         = "disk_used_percent"
  dimensions          = { Environment = var.environment, Store = var.store, path = "/data" }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = 80
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}

# Under one name: all members, so that a client that knows one finds the others.
resource "aws_route53_record" "members" {
  for_each = var.names

  zone_id = var.zone_id
  name    = each.key
  type    = each.value.type
  ttl     = 60
  records = each.value.records
}

# What Ansible needs to know, kept where its inventory can read it.
resource "aws_ssm_parameter" "facts" {
  name        = var.facts_parameter
  description = "Facts about ${var.store} for its playbooks"
  type        = "SecureString"
  key_id      = var.facts_key_arn
  value       = jsonencode(var.facts)
}

# A load balancer inside one zone, where the engine's vendor asks for one.
resource "aws_lb" "this" {
  for_each = var.balancers

  name                             = each.value.name
  load_balancer_type               = "network"
  internal                         = true
  enable_cross_zone_load_balancing = false
  enable_deletion_protection       = var.protected
  security_groups                  = var.security_group_ids

  enforce_security_group_inbound_rules_on_private_link_traffic = "on"

  subnet_mapping {
    subnet_id            = var.subnet_ids[each.value.zone]
    private_ipv4_address = each.value.address
  }

  tags = merge(var.tags, { Name = each.value.name })
}

resource "aws_lb_target_group" "this" {
  for_each = var.balancers

  name                 = each.value.name
  vpc_id               = var.vpc_id
  target_type          = "ip"
  protocol             = "TCP"
  port                 = each.value.port
  deregistration_delay = 30
  preserve_client_ip   = true

  health_check {
    protocol            = "TCP"
    port                = tostring(each.value.port)
    interval            = 10
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }

  tags = merge(var.tags, { Name = each.value.name })
}

resource "aws_lb_target_group_attachment" "this" {
  for_each = merge([for b, v in var.balancers : { for a in v.targets : "${b} ${a}" => { balancer = b, address = a, port = v.port } }]...)

  target_group_arn = aws_lb_target_group.this[each.value.balancer].arn
  target_id        = each.value.address
  port             = each.value.port
}

resource "aws_lb_listener" "this" {
  for_each = var.balancers

  load_balancer_arn = aws_lb.this[each.key].arn
  protocol          = "TCP"
  port              = each.value.port

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }
}
