# Who plans and who applies. Planning reads; applying is bounded so that no role
# can widen its own rights, and is done by the agents of one tier only.

locals {
  boundary = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Work"
        Effect   = "Allow"
        Action   = "*"
        Resource = "*"
      },
      {
        Sid    = "NotOneself"
        Effect = "Deny"
        Action = ["iam:*"]
        Resource = [
          "arn:aws:iam::${var.account_id}:role/paddock-*",
          "arn:aws:iam::${var.account_id}:policy/paddock-*",
        ]
      },
      {
        Sid      = "NoPeopleWithKeys"
        Effect   = "Deny"
        Action   = ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile"]
        Resource = "*"
      },
    ]
  }

  trust = {
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.agent_role_arns }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "paddock-apply-boundary"
  description = "The most that applying may ever do"
  policy      = jsonencode(local.boundary)
}

resource "aws_iam_role" "plan" {
  name                 = "paddock-plan"
  description          = "Reads everything, changes nothing"
  assume_role_policy   = jsonencode(local.trust)
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.plan.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role" "apply" {
  for_each = var.layers

  name                 = "paddock-apply-${each.key}"
  description          = "Applies the layer ${each.key}"
  assume_role_policy   = jsonencode(local.trust)
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = var.layers

  role       = aws_iam_role.apply[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

# For the night when everything else fails: with a second factor, and with an
# alarm when it is used.
resource "aws_iam_role" "break_glass" {
  name                 = "break-glass"
  description          = "Emergencies only; its use raises an alarm"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = var.break_glass_principal_arns }
      Action    = "sts:AssumeRole"
      Condition = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "break_glass" {
  role       = aws_iam_role.break_glass.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

# Who brings releases: the agents of the tier. In clusters the group of this role
# may change workloads and nothing else.
resource "aws_iam_role" "deploy" {
  name                 = "paddock-deploy"
  description          = "Brings releases to clusters and machines"
  assume_role_policy   = jsonencode(local.trust)
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "deploy" {
  name = "releases"
  role = aws_iam_role.deploy.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindClusters"
        Effect   = "Allow"
        Action   = "eks:DescribeCluster"
        Resource = "arn:aws:eks:*:${var.account_id}:cluster/${var.platform}-*"
      },
      {
        Sid      = "FindMachines"
        Effect   = "Allow"
        Action   = ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeInstanceRefreshes", "ec2:DescribeInstances", "elasticloadbalancing:DescribeTargetHealth", "ssm:DescribeInstanceInformation"]
        Resource = "*"
      },
      {
        Sid       = "ReplaceMachinesByTurns"
        Effect    = "Allow"
        Action    = ["autoscaling:CancelInstanceRefresh", "autoscaling:RollbackInstanceRefresh", "autoscaling:StartInstanceRefresh"]
        Resource  = "arn:aws:autoscaling:*:${var.account_id}:autoScalingGroup:*:autoScalingGroupName/${var.platform}-*"
        Condition = { StringEquals = { "aws:ResourceTag/paddock:platform" = var.platform } }
      },
      {
        Sid      = "NameBakedImages"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter", "ssm:PutParameter"]
        Resource = "arn:aws:ssm:*:${var.account_id}:parameter/${var.platform}/*/image"
      },
      {
        Sid       = "SessionsOfPlaybooks"
        Effect    = "Allow"
        Action    = "ssm:StartSession"
        Resource  = "arn:aws:ec2:*:${var.account_id}:instance/*"
        Condition = { StringEquals = { "ssm:resourceTag/paddock:platform" = var.platform } }
      },
      {
        Sid      = "DocumentsOfSessions"
        Effect   = "Allow"
        Action   = "ssm:StartSession"
        Resource = ["arn:aws:ssm:*:${var.account_id}:document/SSM-SessionManagerRunShell", "arn:aws:ssm:*::document/AWS-StartInteractiveCommand"]
      },
      {
        Sid      = "OwnSessions"
        Effect   = "Allow"
        Action   = ["ssm:ResumeSession", "ssm:TerminateSession"]
        Resource = "arn:aws:ssm:*:${var.account_id}:session/*"
      },
    ]
  })
}

# People: they come from the identity provider by a permission set of the same
# name, and step into a role whose name clusters and logs know.
locals {
  people = {
    paddock-auditor  = { description = "Reads settings and logs, changes nothing", policy = "SecurityAudit", hours = 4 }
    paddock-operator = { description = "Looks into what runs, opens recorded sessions", policy = "job-function/ViewOnlyAccess", hours = 8 }
  }
}

resource "aws_iam_role" "people" {
  for_each = local.people

  name                 = each.key
  description          = each.value.description
  permissions_boundary = aws_iam_policy.boundary.arn
  max_session_duration = 3600 * each.value.hours

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::${var.account_id}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_${each.key}_*" } }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "people" {
  for_each = local.people

  role       = aws_iam_role.people[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
}

resource "aws_iam_role_policy" "clusters" {
  for_each = local.people

  name = "clusters"
  role = aws_iam_role.people[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "FindClusters"
      Effect   = "Allow"
      Action   = "eks:DescribeCluster"
      Resource = "arn:aws:eks:*:${var.account_id}:cluster/${var.platform}-*"
    }]
  })
}

resource "aws_iam_role_policy" "operator" {
  name = "sessions"
  role = aws_iam_role.people["paddock-operator"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RecordedSessions"
        Effect    = "Allow"
        Action    = "ssm:StartSession"
        Resource  = ["arn:aws:ec2:*:${var.account_id}:instance/*", "arn:aws:ssm:*:${var.account_id}:document/SSM-SessionManagerRunShell"]
        Condition = { BoolIfExists = { "ssm:SessionDocumentAccessCheck" = "true" } }
      },
      {
        Sid      = "OwnSessions"
        Effect   = "Allow"
        Action   = ["ssm:ResumeSession", "ssm:TerminateSession"]
        Resource = "arn:aws:ssm:*:${var.account_id}:session/$${aws:username}-*"
      },
    ]
  })
}
