# Who reaches a store, and what its machines may do. Rules come from the edges
# of the platform file: one for each source and port, none for a whole network.

resource "aws_security_group" "this" {
  name        = var.name
  description = "Store ${var.store} in ${var.environment}"
  vpc_id      = var.vpc_id
  tags        = { Name = var.name }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id = aws_security_group.this.id
  description       = each.value.why
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port

  tags = { Name = each.key }
}

# Nodes among themselves, on the ports of replication only.
resource "aws_vpc_security_group_ingress_rule" "peer" {
  for_each = toset([for p in var.peer_ports : tostring(p)])

  security_group_id            = aws_security_group.this.id
  description                  = "Nodes of ${var.store} among themselves"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.key)
  to_port                      = tonumber(each.key)
}

resource "aws_vpc_security_group_egress_rule" "peer" {
  for_each = toset([for p in var.peer_ports : tostring(p)])

  security_group_id            = aws_security_group.this.id
  description                  = "Nodes of ${var.store} among themselves"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.key)
  to_port                      = tonumber(each.key)
}

# Copies in the recovery region.
resource "aws_vpc_security_group_ingress_rule" "replica" {
  for_each = var.replicas

  security_group_id = aws_security_group.this.id
  description       = "Copy of ${var.store} in the recovery region"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "replica" {
  for_each = var.replicas

  security_group_id = aws_security_group.this.id
  description       = "Copy of ${var.store} in the recovery region"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "endpoints" {
  for_each = var.endpoints

  security_group_id = aws_security_group.this.id
  description       = "AWS APIs in ${each.key}"
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  count = var.s3_prefix_list_id == null ? 0 : 1

  security_group_id = aws_security_group.this.id
  description       = "S3 through the gateway endpoint: packages, backups"
  prefix_list_id    = var.s3_prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "metrics" {
  for_each = { for pair in setproduct(keys(var.watchers), [for p in var.metric_ports : tostring(p)]) : "${pair[0]} ${pair[1]}" => { cidr = var.watchers[pair[0]], port = tonumber(pair[1]) } }

  security_group_id = aws_security_group.this.id
  description       = "Prometheus"
  cidr_ipv4         = each.value.cidr
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

resource "aws_iam_role" "this" {
  count = var.machines ? 1 : 0

  name = var.role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "managed" {
  for_each = var.machines ? toset(["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"]) : []

  role       = aws_iam_role.this[0].name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "own" {
  count = var.machines ? 1 : 0

  name = "own"
  role = aws_iam_role.this[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "OwnSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        Resource = "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${var.secret_prefix}/*"
      },
      {
        Sid      = "OwnBackups"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = "arn:aws:s3:::${var.backup_bucket}/${var.store}/*"
      },
      {
        Sid       = "OwnBackupsListed"
        Effect    = "Allow"
        Action    = "s3:ListBucket"
        Resource  = "arn:aws:s3:::${var.backup_bucket}"
        Condition = { StringLike = { "s3:prefix" = "${var.store}/*" } }
      },
      {
        Sid      = "Keys"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = var.key_arns
      },
    ]
  })
}

resource "aws_iam_instance_profile" "this" {
  count = var.machines ? 1 : 0

  name = var.role_name
  role = aws_iam_role.this[0].name
}

# The secrets exist here; their values never pass through Terraform.
resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  name                    = "${var.secret_prefix}/${each.key}"
  description             = each.value
  kms_key_id              = var.secret_key_arn
  recovery_window_in_days = 30

  dynamic "replica" {
    for_each = var.replica_region == null ? [] : [var.replica_region]

    content {
      region = replica.value
    }
  }
}

resource "aws_secretsmanager_secret_policy" "this" {
  for_each = var.secrets

  secret_arn          = aws_secretsmanager_secret.this[each.key].arn
  block_public_policy = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyThisAccount"
      Effect    = "Deny"
      Principal = "*"
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
      Condition = { StringNotEquals = { "aws:PrincipalAccount" = var.account_id } }
    }]
  })
}

# What the agents of the machines write to; they may not make it themselves.
resource "aws_cloudwatch_log_group" "machines" {
  count = var.machines ? 1 : 0

  name              = var.log_group
  retention_in_days = var.log_days
  kms_key_id        = var.log_key_arn
}
