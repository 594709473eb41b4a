# One machine of a store. It has an identity that outlives it: a fixed address,
# a name, and a volume that is attached to whatever machine has its place.

resource "aws_network_interface" "this" {
  subnet_id         = var.subnet_id
  private_ips       = [var.address]
  security_groups   = var.security_group_ids
  source_dest_check = true
  description       = var.name

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_instance" "this" {
  ami                         = var.image_id
  instance_type               = var.instance_type
  iam_instance_profile        = var.instance_profile
  ebs_optimized               = true
  monitoring                  = true
  disable_api_termination     = var.protected
  disable_api_stop            = var.protected
  placement_group             = var.placement_group
  placement_partition_number  = var.partition
  user_data_replace_on_change = false

  primary_network_interface {
    network_interface_id = aws_network_interface.this.id
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  maintenance_options {
    auto_recovery = "default"
  }

  root_block_device {
    volume_type           = "gp3"
    volume_size           = 30
    encrypted             = true
    kms_key_id            = var.kms_key_arn
    delete_on_termination = true
    tags                  = merge(var.tags, { Name = "${var.name}-root" })
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    # Patching is done in place and by turns; a new image replaces a machine only
    # when somebody decides it.
    prevent_destroy = true
    ignore_changes  = [ami, user_data]
  }
}

resource "aws_ebs_volume" "data" {
  availability_zone = var.zone_name
  size              = var.disk_gib
  type              = "gp3"
  iops              = var.iops
  throughput        = var.throughput
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  final_snapshot    = var.protected

  tags = merge(var.tags, { Name = "${var.name}-data" })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.this.id
  stop_instance_before_detaching = true
}

resource "aws_route53_record" "this" {
  zone_id = var.zone_id
  name    = var.host
  type    = "A"
  ttl     = 60
  records = [var.address]
}

# A broken host is replaced under the machine; a hung system is rebooted.
resource "aws_cloudwatch_metric_alarm" "system" {
  alarm_name          = "${var.name}-system"
  alarm_description   = "The host under ${var.name} is broken; the machine is moved to another one. Runbook: check that the store has its quorum, then wait."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_System"
  dimensions          = { InstanceId = aws_instance.this.id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = concat(["arn:aws:automate:${var.region}:ec2:recover"], var.alarm_topics)
  ok_actions          = var.alarm_topics
}

resource "aws_cloudwatch_metric_alarm" "instance" {
  alarm_name          = "${var.name}-instance"
  alarm_description   = "${var.name} hangs; it is rebooted. Runbook: read the console output, look for memory that ran out."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_Instance"
  dimensions          = { InstanceId = aws_instance.this.id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "missing"
  alarm_actions       = concat(["arn:aws:automate:${var.region}:ec2:reboot"], var.alarm_topics)
  ok_actions          = var.alarm_topics
}
