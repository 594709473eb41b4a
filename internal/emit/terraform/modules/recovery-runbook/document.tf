# What a person starts. It asks others first, says where it is, and ends with the
# proof that the public names answer from this region.

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
    Statement = [
      { Sid = "Start", Effect = "Allow", Action = ["states:StartExecution"], Resource = aws_sfn_state_machine.this.arn },
      { Sid = "Follow", Effect = "Allow", Action = ["states:DescribeExecution", "states:StopExecution"], Resource = "arn:aws:states:${var.region}:${var.account_id}:execution:${aws_sfn_state_machine.this.name}:*" },
      { Sid = "Look", Effect = "Allow", Action = ["ec2:DescribeInstances", "eks:DescribeCluster", "backup:ListRecoveryPointsByBackupVault", "servicequotas:GetServiceQuota"], Resource = "*" },
      { Sid = "Ask", Effect = "Allow", Action = "sns:Publish", Resource = var.topic_arn },
      { Sid = "Keys", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.topic_key_arn },
    ]
  })
}

resource "aws_ssm_document" "failover" {
  name            = "${var.name}-failover"
  document_type   = "Automation"
  document_format = "JSON"

  content = jsonencode({
    schemaVersion = "0.3"
    description   = "Brings ${var.environment} up in ${var.region}. Promised: ${var.rto_minutes} minutes for the first tier."
    assumeRole    = aws_iam_role.document.arn
    parameters = {
      Reason = { type = "String", description = "What happened; it is kept in the record" }
    }
    mainSteps = concat(
      [
        {
          name   = "AskPeople", action = "aws:approve", timeoutSeconds = 1800, onFailure = "Abort"
          inputs = { NotificationArn = var.topic_arn, Message = "Fail ${var.environment} over to ${var.region}? {{Reason}}", MinRequiredApprovals = var.approvals, Approvers = var.approver_role_arns }
        },
        # Without a vault of this region there is nothing to fall back on.
        {
          name    = "CopiesAreHere", action = "aws:executeAwsApi", onFailure = "Continue"
          inputs  = { Service = "backup", Api = "ListRecoveryPointsByBackupVault", BackupVaultName = var.vault_name, MaxResults = 1 }
          outputs = [{ Name = "Newest", Selector = "$.RecoveryPoints[0].CreationDate", Type = "String" }]
        },
      ],
      [for name, c in var.clusters : {
        name   = "Cluster${replace(title(replace(name, "-", " ")), " ", "")}", action = "aws:assertAwsResourceProperty", onFailure = "Abort"
        inputs = { Service = "eks", Api = "DescribeCluster", name = c.cluster, PropertySelector = "$.cluster.status", DesiredValues = ["ACTIVE"] }
      }],
      [
        {
          name   = "BringUp", action = "aws:executeStateMachine", timeoutSeconds = var.rto_minutes * 60, onFailure = "Abort"
          inputs = { stateMachineArn = aws_sfn_state_machine.this.arn, input = "{}" }
        },
        {
          name   = "SayDone", action = "aws:executeAwsApi", isEnd = true
          inputs = { Service = "sns", Api = "Publish", TopicArn = var.topic_arn, Message = "${var.environment} is up in ${var.region}. The public names follow within a minute; paddock drill has the steps that people still do." }
        },
      ],
    )
  })

  tags = { Name = "${var.name}-failover" }
}

# Capacity that is asked for on the day of the failover does not come.
resource "aws_servicequotas_service_quota" "this" {
  for_each = var.quotas

  service_code = each.value.service
  quota_code   = each.value.code
  value        = each.value.value
}
