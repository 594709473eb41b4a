# Who the build agents of each side of the wall are: pods that live for one build.
# An agent of one side cannot
# become anybody on the other: the accounts that it may work in are named, and
# all others are denied.

resource "aws_iam_role" "this" {
  for_each = var.agents

  name                 = each.value.role_name
  description          = "Build agents of ${each.key}"
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = var.agents

  name = "own"
  role = aws_iam_role.this[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "RolesOfItsSide"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole", "sts:TagSession"]
          Resource = [for id in each.value.account_ids : "arn:aws:iam::${id}:role/paddock-*"]
        },
        {
          Sid       = "NothingOfTheOtherSide"
          Effect    = "Deny"
          Action    = ["sts:AssumeRole", "sts:TagSession"]
          Resource  = "*"
          Condition = { StringNotEquals = { "aws:ResourceAccount" = each.value.account_ids } }
        },
        {
          Sid      = "SignInAtTheRegistry"
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*"
        },
        {
          Sid      = "PullImages"
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:DescribeImageScanFindings", "ecr:GetDownloadUrlForLayer"]
          Resource = var.repository_arns
        },
      ],
      # Images are built once, on the side where code is not trusted yet, and are
      # promoted by their digests.
      [for s in [{
        Sid      = "PushImages"
        Effect   = "Allow"
        Action   = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"]
        Resource = var.repository_arns
      }] : s if each.value.pushes],
      # What is built is signed with the key of images, which exists later than this
      # role: it is known by its alias. The other side only looks at signatures.
      [{
        Sid       = "Signatures"
        Effect    = "Allow"
        Action    = concat(["kms:DescribeKey", "kms:GetPublicKey"], each.value.pushes ? ["kms:Sign"] : [])
        Resource  = "arn:aws:kms:*:${var.account_id}:key/*"
        Condition = { "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = var.signing_alias } }
      }],
    )
  })
}
