# What New Relic may read of an account: figures and inventory, never data.

resource "aws_iam_role" "this" {
  name                 = var.role_name
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::754728514883:root" } # New Relic's account, by its documentation
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "figures"
  role = aws_iam_role.this.id

  # Reading figures and tags has no narrower resource.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "tag:GetResources", "ec2:DescribeInstances", "ec2:DescribeVolumes", "ec2:DescribeNatGateways", "ec2:DescribeTransitGateways", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTags", "elasticache:DescribeReplicationGroups", "elasticache:DescribeCacheClusters", "es:ListDomainNames", "es:DescribeDomains", "es:ListTags", "sqs:ListQueues", "sqs:GetQueueAttributes", "lambda:ListFunctions", "health:DescribeEvents", "health:DescribeEventDetails"]
      Resource = "*"
    }]
  })
}
