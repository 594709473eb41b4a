# What a person starts, and a document for each engine that it calls. They are
# written as Systems Manager reads them, in the folder documents.

locals {
  # Stores that are promoted, in the order of their waves.
  stores = [for key in sort([for k, t in var.things : format("%03d %s", t.wave, k) if t.engine != null]) : {
    address  = split(" ", key)[1]
    wave     = tonumber(split(" ", key)[0])
    name     = split("/", key)[1]
    thing    = coalesce(var.things[split(" ", key)[1]].id, split("/", key)[1])
    document = "${var.name}-${var.things[split(" ", key)[1]].engine}"
  }]

  engines = toset([for t in values(var.things) : t.engine if t.engine != null])

  # A rule or statement for what there is, and none for the rest.
  on_machines = length(setintersection(local.engines, ["mongodb", "kafka", "singlestore"])) > 0
  databases   = [for s in local.stores : "arn:aws:rds:${var.region}:${var.account_id}:db:${s.thing}" if var.things[s.address].engine == "rds"]
  caches      = [for s in local.stores : "arn:aws:elasticache:${var.region}:${var.account_id}:replicationgroup:${s.thing}" if var.things[s.address].engine == "valkey"]
}

resource "aws_iam_role" "document" {
  name = var.document_role_name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ssm.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "document" {
  name = "run"
  role = aws_iam_role.document.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "Start", Effect = "Allow", Action = ["states:StartExecution"], Resource = aws_sfn_state_machine.this.arn },
        { Sid = "Follow", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"], Resource = "arn:aws:states:${var.region}:${var.account_id}:execution:${aws_sfn_state_machine.this.name}:*" },
        { Sid = "Look", Effect = "Allow", Action = ["backup:ListRecoveryPointsByBackupVault", "ec2:DescribeInstances", "eks:DescribeCluster", "ssm:DescribeInstanceInformation", "ssm:GetAutomationExecution", "ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands"], Resource = "*" },
        { Sid = "Grow", Effect = "Allow", Action = ["eks:DescribeNodegroup", "eks:UpdateNodegroupConfig"], Resource = [for c in values(var.clusters) : "arn:aws:eks:${var.region}:${var.account_id}:nodegroup/${c.cluster}/*"] },
        { Sid = "Ask", Effect = "Allow", Action = "sns:Publish", Resource = var.topic_arn },
        { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.topic_key_arn },
      ],
      [for s in [
        { Sid = "Promote", Effect = "Allow", Action = ["ssm:StartAutomationExecution"], Resource = [for e in local.engines : "arn:aws:ssm:${var.region}:${var.account_id}:automation-definition/${var.name}-${e}:*"] },
        { Sid = "GiveUp", Effect = "Allow", Action = ["ssm:StopAutomationExecution"], Resource = "arn:aws:ssm:${var.region}:${var.account_id}:automation-execution/*" },
        { Sid = "BeItself", Effect = "Allow", Action = ["iam:PassRole"], Resource = aws_iam_role.document.arn, Condition = { StringEquals = { "iam:PassedToService" = "ssm.amazonaws.com" } } },
      ] : s if length(local.engines) > 0],
      # Shell commands, on the environment's machines of stores and no others.
      [for s in [
        { Sid = "Shell", Effect = "Allow", Action = "ssm:SendCommand", Resource = "arn:aws:ssm:${var.region}::document/AWS-RunShellScript" },
        { Sid = "Machines", Effect = "Allow", Action = "ssm:SendCommand", Resource = "arn:aws:ec2:${var.region}:${var.account_id}:instance/*", Condition = { StringEquals = { "ssm:resourceTag/paddock:env" = var.environment }, StringLike = { "ssm:resourceTag/paddock:store" = "*" } } },
      ] : s if local.on_machines],
      [for s in [
        { Sid = "Databases", Effect = "Allow", Action = ["rds:DescribeDBInstances", "rds:PromoteReadReplica"], Resource = local.databases },
      ] : s if length(local.databases) > 0],
      [for s in [
        { Sid = "Caches", Effect = "Allow", Action = ["elasticache:DescribeReplicationGroups", "elasticache:FailoverGlobalReplicationGroup"], Resource = concat(local.caches, ["arn:aws:elasticache::${var.account_id}:globalreplicationgroup:*"]) },
      ] : s if length(local.caches) > 0],
    )
  })
}

resource "aws_ssm_document" "promote" {
  for_each = local.engines

  name            = "${var.name}-${each.key}"
  document_type   = "Automation"
  document_format = "JSON"

  content = jsonencode(yamldecode(templatefile("${path.module}/documents/${each.key}.yaml", {
    role        = aws_iam_role.document.arn
    environment = var.environment
    region      = var.region
    secrets     = var.secret_prefix
  })))

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_ssm_document" "failover" {
  name            = "${var.name}-failover"
  document_type   = "Automation"
  document_format = "JSON"

  content = jsonencode(yamldecode(templatefile("${path.module}/documents/failover.yaml", {
    role        = aws_iam_role.document.arn
    environment = var.environment
    region      = var.region
    rto_minutes = var.rto_minutes
    approvals   = var.approvals
    approvers   = var.approver_role_arns
    topic       = var.topic_arn
    vault       = var.vault_name
    clusters    = var.clusters
    stores      = local.stores
    machine     = aws_sfn_state_machine.this.arn
    names       = var.names
    deep        = var.deep_urls
  })))

  tags = { Name = "${var.name}-failover" }

  depends_on = [aws_ssm_document.promote]
}
