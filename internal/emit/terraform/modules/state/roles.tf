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
