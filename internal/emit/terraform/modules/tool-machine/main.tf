# A machine for a tool of one tier: the controller of Jenkins, or Grafana. Nobody
# signs in to it, it has no public address, and only the load balancer before it
# opens connections. What it keeps is on a volume of its own that is copied every
# day; its software is Ansible's work.

resource "aws_security_group" "this" {
  name        = var.name
  description = "${var.tool} of ${var.tier}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  security_group_id            = aws_security_group.this.id
  description                  = "Its load balancer"
  referenced_security_group_id = var.balancer_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = var.balancer_security_group_id
  description                  = "${var.tool} of ${var.tier}"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = var.port
  to_port                      = var.port
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = var.targets

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port

  tags = { Name = each.key }
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.this.id
  description       = "S3 through the gateway endpoint: packages, copies"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "internet" {
  security_group_id = aws_security_group.this.id
  description       = "Git host and sign-in, by the firewall's list of domains"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_iam_role" "this" {
  name        = var.role_name
  description = "${var.tool} of ${var.tier}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name = var.role_name
  role = aws_iam_role.this.name
}

resource "aws_iam_role_policy_attachment" "managed" {
  for_each = toset(["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "own" {
  name = "own"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "OwnSecrets", Effect = "Allow", Action = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], Resource = "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${var.secret_name}-*" },
        { Sid = "Packages", Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::${var.copies_bucket}/${var.tool}/packages/*" },
        { Sid = "OwnCopies", Effect = "Allow", Action = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], Resource = "arn:aws:s3:::${var.copies_bucket}/${var.tool}/${var.tier}/*" },
        { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.key_arns },
      ],
      [for s in [{ Sid = "Clusters", Effect = "Allow", Action = "eks:DescribeCluster", Resource = var.cluster_arns }] : s if length(var.cluster_arns) > 0],
      [for s in [{ Sid = "Readers", Effect = "Allow", Action = "sts:AssumeRole", Resource = var.reader_role_arns }] : s if length(var.reader_role_arns) > 0],
    )
  })
}

module "machine" {
  source = "../data-node"

  name               = var.name
  host               = "${var.tool}-machine"
  region             = var.region
  subnet_id          = var.subnet_id
  zone_name          = var.zone_name
  address            = var.address
  security_group_ids = [aws_security_group.this.id]
  image_id           = var.image_id
  instance_type      = var.instance_type
  instance_profile   = aws_iam_instance_profile.this.name
  kms_key_arn        = var.data_key_arn
  disk_gib           = var.disk_gib
  placement_group    = null
  zone_id            = var.zone_id
  protected          = true
  alarm_topics       = var.alarm_topics

  tags = merge(var.tags, {
    "paddock:role"   = var.tool
    "paddock:env"    = var.tier
    "paddock:backup" = var.name
  })
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = var.target_group_arn
  target_id        = var.address
  port             = var.port
}

# What it keeps is copied every night, and stays for a month.
resource "aws_backup_plan" "this" {
  name = var.name

  rule {
    rule_name                    = "daily"
    target_vault_name            = var.vault_name
    schedule                     = "cron(30 21 ? * * *)"
    schedule_expression_timezone = var.time_zone
    start_window                 = 60
    completion_window            = 480
    recovery_point_tags          = { "paddock:env" = var.tier, "paddock:role" = var.tool }

    lifecycle {
      delete_after = 35
    }
  }

  tags = { Name = var.name }
}

resource "aws_iam_role" "backup" {
  name = var.backup_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "backup.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.key}"
}

# By its own tag, so that no plan of an environment takes it, and its takes none.
resource "aws_backup_selection" "this" {
  name         = var.tool
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = ["arn:aws:ec2:*:*:volume/*"]

  condition {
    string_equals {
      key   = "aws:ResourceTag/paddock:backup"
      value = var.name
    }

    string_not_like {
      key   = "aws:ResourceTag/Name"
      value = "*-root"
    }
  }
}

# What the agents of the machines write to; they may not make it themselves.
resource "aws_cloudwatch_log_group" "this" {
  name              = var.log_group
  retention_in_days = var.log_days
  kms_key_id        = var.log_key_arn
}
