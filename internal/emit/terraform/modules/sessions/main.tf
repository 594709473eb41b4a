# How people get onto machines: Session Manager, with a key, a record of every
# key stroke in two places, and an end when nobody types. There is no SSH.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/${var.name}/sessions"
  retention_in_days = 365
  kms_key_id        = var.log_key_arn
}

resource "aws_ssm_document" "this" {
  # Session Manager looks for its preferences under this name.
  name            = "SSM-SessionManagerRunShell"
  document_type   = "Session"
  document_format = "JSON"

  content = jsonencode({
    schemaVersion = "1.0"
    description   = "Preferences of sessions"
    sessionType   = "Standard_Stream"
    inputs = {
      kmsKeyId                    = var.data_key_arn
      s3BucketName                = var.bucket
      s3KeyPrefix                 = "sessions"
      s3EncryptionEnabled         = true
      cloudWatchLogGroupName      = aws_cloudwatch_log_group.this.name
      cloudWatchEncryptionEnabled = true
      cloudWatchStreamingEnabled  = true
      idleSessionTimeout          = tostring(var.idle_minutes)
      maxSessionDuration          = tostring(var.longest_minutes)
      runAsEnabled                = true
      runAsDefaultUser            = "ssm-user"
      shellProfile                = { linux = "exec /bin/bash --login", windows = "" }
    }
  })

  tags = { Name = "${var.name}-sessions" }
}

# Machines without a profile of their own are managed too: none is forgotten.
resource "aws_iam_role" "hosts" {
  name = var.host_role_name
  path = "/service-role/"

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

resource "aws_iam_role_policy_attachment" "hosts" {
  role       = aws_iam_role.hosts.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy"
}

resource "aws_ssm_service_setting" "this" {
  for_each = {
    "ssm/managed-instance/default-ec2-instance-management-role" = "service-role/${aws_iam_role.hosts.name}"
    "ssm/managed-instance/activation-tier"                      = "standard"
    "ssm/automation/customer-script-log-destination"            = "CloudWatch"
    "ssm/documents/console/public-sharing-permission"           = "Disable"
  }

  setting_id    = "arn:aws:ssm:${var.region}:${var.account_id}:servicesetting/${each.key}"
  setting_value = each.value

  depends_on = [aws_iam_role_policy_attachment.hosts]
}

# A session is written to the trail as well; who opens one on a machine with
# cards or names is told to people at once.
resource "aws_cloudwatch_event_rule" "opened" {
  name        = "${var.name}-session-opened"
  description = "Somebody opened a session on a machine"

  event_pattern = jsonencode({
    source      = ["aws.ssm"]
    detail-type = ["AWS API Call via CloudTrail"]
    detail      = { eventName = ["StartSession"] }
  })
}

resource "aws_cloudwatch_event_target" "opened" {
  rule = aws_cloudwatch_event_rule.opened.name
  arn  = var.topic_arn
}
