# Who the controllers are in AWS: a role for each, for one service account of one
# namespace of this cluster.

locals {
  permissions = {
    # Only binds pods to target groups that Terraform made: it creates nothing.
    balancers = {
      namespace = "kube-system"
      account   = "aws-load-balancer-controller"
      statements = [
        {
          Sid      = "Look"
          Effect   = "Allow"
          Action   = ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeTargetGroupAttributes", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"]
          Resource = "*"
        },
        {
          Sid      = "Bind"
          Effect   = "Allow"
          Action   = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"]
          Resource = [for p in var.target_prefixes : "arn:aws:elasticloadbalancing:${var.region}:${var.account_id}:targetgroup/${p}-*/*"]
        },
      ]
    }

    # Reads the secrets of the services of this cluster, not those of the
    # environment's others.
    secrets = {
      namespace = "external-secrets"
      account   = "external-secrets"
      statements = [
        {
          Sid      = "OwnSecrets"
          Effect   = "Allow"
          Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
          Resource = [for s in var.secrets : "arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:${s}-??????"]
        },
        { Sid = "Open", Effect = "Allow", Action = "kms:Decrypt", Resource = var.secret_key_arn, Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } } },
      ]
    }

    issuer = {
      namespace = "cert-manager"
      account   = "aws-privateca-issuer"
      statements = [{
        Sid      = "Certificates"
        Effect   = "Allow"
        Action   = ["acm-pca:DescribeCertificateAuthority", "acm-pca:GetCertificate", "acm-pca:IssueCertificate"]
        Resource = var.authority_arn
      }]
    }

    alerts = {
      namespace = "monitoring"
      account   = "alertmanager"
      statements = [
        { Sid = "Topics", Effect = "Allow", Action = "sns:Publish", Resource = concat(var.mail_topic_arns, [aws_sns_topic.heartbeat.arn]) },
        { Sid = "Seal", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.alarm_key_arn, Condition = { StringEquals = { "kms:ViaService" = "sns.${var.region}.amazonaws.com" } } },
      ]
    }

    logs = {
      namespace = "logging"
      account   = "fluent-bit"
      statements = concat(
        [
          { Sid = "Archive", Effect = "Allow", Action = ["s3:AbortMultipartUpload", "s3:PutObject"], Resource = "arn:aws:s3:::${var.log_archive.bucket}/${var.account_id}/*" },
          {
            Sid       = "SealArchive"
            Effect    = "Allow"
            Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
            Resource  = "arn:aws:kms:${var.region}:${var.log_archive.account_id}:key/*"
            Condition = { StringEquals = { "kms:ViaService" = "s3.${var.region}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::${var.log_archive.bucket}" } }
          },
        ],
        [for domain in compact([var.log_domain]) : {
          Sid      = "Index"
          Effect   = "Allow"
          Action   = ["es:ESHttpPost", "es:ESHttpPut"]
          Resource = "arn:aws:es:${var.region}:*:domain/${domain}/*"
        }],
        [for group in aws_cloudwatch_log_group.applications : {
          Sid      = "Group"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
          Resource = "${group.arn}:*"
        }],
      )
    }

    # Finds the machines beside the cluster whose figures it reads.
    metrics = {
      namespace  = "monitoring"
      account    = "prometheus"
      statements = [{ Sid = "Look", Effect = "Allow", Action = ["ec2:DescribeAvailabilityZones", "ec2:DescribeInstances"], Resource = "*" }]
    }
  }

  controllers = { for k, p in local.permissions : k => p if(k != "balancers" || length(var.target_prefixes) > 0) && (k != "metrics" || var.discovers_machines) }
}

resource "aws_iam_role" "this" {
  for_each = local.controllers

  name        = var.role_names[each.key]
  description = "Controller ${each.value.account} of ${var.name}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:SourceAccount"                         = var.account_id
          "aws:RequestTag/kubernetes-namespace"       = each.value.namespace
          "aws:RequestTag/kubernetes-service-account" = each.value.account
        }
        ArnEquals = { "aws:SourceArn" = local.cluster_arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.controllers

  name   = "own"
  role   = aws_iam_role.this[each.key].id
  policy = jsonencode({ Version = "2012-10-17", Statement = each.value.statements })
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = local.controllers

  cluster_name    = var.name
  namespace       = each.value.namespace
  service_account = each.value.account
  role_arn        = aws_iam_role.this[each.key].arn
}
