# What Karpenter's nodes need beside what the cluster's module gives: a profile
# that it need not make itself (it then calls IAM never, which has no private
# endpoint), and the key of their disks.

resource "aws_iam_instance_profile" "node" {
  name = var.node_role_name
  role = var.node_role_name
}

resource "aws_iam_role_policy" "disks" {
  name = "disks"
  role = var.karpenter_role_name

  # Whoever launches an instance with a sealed disk grants EC2 the use of the key.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Disks", Effect = "Allow", Action = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*"], Resource = var.data_key_arn, Condition = { StringEquals = { "kms:ViaService" = "ec2.${var.region}.amazonaws.com" } } },
      { Sid = "Grants", Effect = "Allow", Action = "kms:CreateGrant", Resource = var.data_key_arn, Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } } },
    ]
  })
}

# Ports of the platform's own pods, between nodes and from the control plane to
# webhooks. Those of services are rules of the cluster's module.

locals {
  between = { alerts = 9093, alerts_peers = 9094, balancers = 8080, certificates = 9402, collector = 8888, names = 9153, network = 61678, queries = 9090 }
  control = { adapter = 6443 }
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each = local.between

  security_group_id            = var.node_security_group_id
  description                  = "Platform between pods: ${each.key}"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "between" {
  for_each = local.between

  security_group_id            = var.node_security_group_id
  description                  = "Platform between pods: ${each.key}"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "control" {
  for_each = local.control

  security_group_id            = var.node_security_group_id
  description                  = "From the control plane: ${each.key}"
  referenced_security_group_id = var.control_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "control" {
  for_each = local.control

  security_group_id            = var.control_security_group_id
  description                  = "To nodes: ${each.key}"
  referenced_security_group_id = var.node_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}
