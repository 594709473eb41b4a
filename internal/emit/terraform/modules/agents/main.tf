# Who the build agents of each side of the wall are. An agent of one side cannot
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
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  for_each = var.agents

  name = each.value.role_name
  role = aws_iam_role.this[each.key].name
}

resource "aws_iam_role_policy_attachment" "managed" {
  for_each = merge([
    for k in keys(var.agents) : { for p in ["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"] : "${k} ${p}" => { agent = k, policy = p } }
  ]...)

  role       = aws_iam_role.this[each.value.agent].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
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
    )
  })
}
