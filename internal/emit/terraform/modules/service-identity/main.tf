# Who a service is in AWS: one role, for one service account of one namespace of
# one cluster or for the machines of the service, with the things that the
# platform file names and nothing else.

locals {
  trust = {
    pods = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "pods.eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          StringEquals = {
            "aws:SourceAccount"                         = var.account_id
            "aws:RequestTag/kubernetes-namespace"       = var.namespace
            "aws:RequestTag/kubernetes-service-account" = var.service
          }
          ArnEquals = { "aws:SourceArn" = var.cluster_arn }
        }
      }]
    })

    # Only machines that are given the profile come here, and only Auto Scaling
    # gives it.
    machines = jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "ec2.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
    })
  }
}

resource "aws_iam_role" "this" {
  name               = var.role_name
  assume_role_policy = local.trust[var.runs_on]
}

resource "aws_eks_pod_identity_association" "this" {
  count = var.runs_on == "pods" ? 1 : 0

  cluster_name    = var.cluster
  namespace       = var.namespace
  service_account = var.service
  role_arn        = aws_iam_role.this.arn
}

resource "aws_iam_instance_profile" "this" {
  count = var.runs_on == "machines" ? 1 : 0

  name = var.role_name
  role = aws_iam_role.this.name
}

# Sessions, patches and metrics of machines.
resource "aws_iam_role_policy_attachment" "machines" {
  for_each = toset(var.runs_on == "machines" ? ["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy"] : [])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

locals {
  statements = concat(
    [for s in [{
      Sid      = "OwnSecrets"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      Resource = [for p in var.secret_prefixes : "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${p}*"]
    }] : s if length(var.secret_prefixes) > 0],
    [for s in [{
      Sid      = "ReadObjects"
      Effect   = "Allow"
      Action   = ["s3:GetObject"]
      Resource = [for b in concat(var.read_buckets, var.write_buckets) : "arn:aws:s3:::${b}/*"]
    }] : s if length(var.read_buckets) + length(var.write_buckets) > 0],
    [for s in [{
      Sid      = "ListObjects"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [for b in concat(var.read_buckets, var.write_buckets) : "arn:aws:s3:::${b}"]
    }] : s if length(var.read_buckets) + length(var.write_buckets) > 0],
    [for s in [{
      Sid      = "WriteObjects"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
      Resource = [for b in var.write_buckets : "arn:aws:s3:::${b}/*"]
    }] : s if length(var.write_buckets) > 0],
    [for s in [{
      Sid      = "Queues"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      Resource = [for q in var.queues : "arn:aws:sqs:${var.region}:${var.account_id}:${q}"]
    }] : s if length(var.queues) > 0],
    [for s in [{
      Sid      = "Caches"
      Effect   = "Allow"
      Action   = ["elasticache:Connect"]
      Resource = concat([for c in keys(var.caches) : "arn:aws:elasticache:${var.region}:${var.account_id}:replicationgroup:${c}"], [for u in values(var.caches) : "arn:aws:elasticache:${var.region}:${var.account_id}:user:${u}"])
    }] : s if length(var.caches) > 0],
    [for s in [{
      Sid      = "Search"
      Effect   = "Allow"
      Action   = ["es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"]
      Resource = [for d in var.domains : "arn:aws:es:${var.region}:${var.account_id}:domain/${d}/*"]
    }] : s if length(var.domains) > 0],
    [for s in [{
      Sid      = "Keys"
      Effect   = "Allow"
      Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource = var.key_arns
    }] : s if length(var.key_arns) > 0],
  )
}

resource "aws_iam_role_policy" "this" {
  count = length(var.secret_prefixes) + length(var.read_buckets) + length(var.write_buckets) + length(var.queues) + length(var.caches) + length(var.domains) > 0 ? 1 : 0

  name   = "own"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

resource "aws_secretsmanager_secret" "this" {
  for_each = var.secrets

  name                    = each.value
  description             = "${each.key} of ${var.service}"
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
