# A relational database that AWS runs: MySQL or PostgreSQL, in two zones where
# it matters, with a password that nobody sees.

resource "aws_db_subnet_group" "this" {
  name       = var.identifier
  subnet_ids = var.subnet_ids
  tags       = { Name = var.identifier }
}

resource "aws_db_parameter_group" "this" {
  name   = var.identifier
  family = var.family

  parameter {
    name         = var.engine == "postgres" ? "rds.force_ssl" : "require_secure_transport"
    value        = "1"
    apply_method = "immediate"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role" "monitoring" {
  name = var.monitoring_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

# In the region that takes over it is a replica, which gets what makes a database
# from its source, and is promoted by a document of the layer 80-dr.
resource "aws_db_instance" "this" {
  identifier                          = var.identifier
  replicate_source_db                 = var.replica_of
  engine                              = var.replica_of == null ? var.engine : null
  engine_version                      = var.replica_of == null ? var.engine_version : null
  instance_class                      = var.instance_class
  allocated_storage                   = var.replica_of == null ? var.disk_gib : null
  max_allocated_storage               = var.disk_gib * 4
  storage_type                        = "gp3"
  storage_encrypted                   = true
  kms_key_id                          = var.kms_key_arn
  multi_az                            = var.multi_az
  db_subnet_group_name                = aws_db_subnet_group.this.name
  vpc_security_group_ids              = [var.security_group_id]
  parameter_group_name                = aws_db_parameter_group.this.name
  publicly_accessible                 = false
  iam_database_authentication_enabled = true
  username                            = var.replica_of == null ? "platform" : null
  manage_master_user_password         = var.replica_of == null ? true : null
  master_user_secret_kms_key_id       = var.replica_of == null ? var.secret_key_arn : null
  backup_retention_period             = var.keep_days
  backup_window                       = "20:30-21:30"
  maintenance_window                  = "sun:21:30-sun:22:30"
  copy_tags_to_snapshot               = true
  delete_automated_backups            = false
  deletion_protection                 = var.protected
  skip_final_snapshot                 = false
  final_snapshot_identifier           = "${var.identifier}-final"
  auto_minor_version_upgrade          = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = var.kms_key_arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports     = var.engine == "postgres" ? ["postgresql", "upgrade"] : ["error", "slowquery"]

  tags = merge(var.tags, { Name = var.identifier })

  lifecycle {
    prevent_destroy = true
    # A replica that was promoted leads, until people go back.
    ignore_changes = [replicate_source_db]
  }
}

resource "aws_route53_record" "this" {
  zone_id = var.zone_id
  name    = var.host
  type    = "CNAME"
  ttl     = 60
  records = [aws_db_instance.this.address]
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = merge(var.replica_of == null ? {} : {
    lag = { metric = "ReplicaLag", statistic = "Maximum", threshold = 300, comparison = "GreaterThanOrEqualToThreshold", text = "${var.identifier} is five minutes behind the region that serves: that much would be lost. Runbook: look for a long transaction there, or a smaller machine here." }
    }, {
    cpu     = { metric = "CPUUtilization", statistic = "Average", threshold = 85, comparison = "GreaterThanOrEqualToThreshold", text = "${var.identifier} computes all the time. Runbook: find the query in Performance Insights." }
    space   = { metric = "FreeStorageSpace", statistic = "Minimum", threshold = var.disk_gib * 107374182, comparison = "LessThanOrEqualToThreshold", text = "${var.identifier} has a tenth of its disk left. Runbook: grow disk in the platform file." }
    waiting = { metric = "DiskQueueDepth", statistic = "Average", threshold = 64, comparison = "GreaterThanOrEqualToThreshold", text = "${var.identifier} waits for its disk. Runbook: more operations a second, or fewer full scans." }
  })

  alarm_name          = "${var.identifier}-${each.key}"
  alarm_description   = each.value.text
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = var.identifier }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 3
  threshold           = each.value.threshold
  comparison_operator = each.value.comparison
  treat_missing_data  = "missing"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
