# Nodes for build agents, and who the agents are. A pod lives for one build; the
# nodes come and go by the hours in which people work, because taking one away by
# its load would take a build with it.

resource "aws_launch_template" "this" {
  name                   = "${var.name}-agents"
  update_default_version = true
  vpc_security_group_ids = [var.node_security_group_id]

  # An agent gets its rights by its service account, and never those of the node.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "disabled"
  }

  monitoring {
    enabled = true
  }

  block_device_mappings {
    device_name = "/dev/xvdb"

    ebs {
      volume_type           = "gp3"
      volume_size           = 200
      encrypted             = true
      kms_key_id            = var.data_key_arn
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])

    content {
      resource_type = tag_specifications.key
      tags          = merge(var.tags, { Name = "${var.name}-agents" })
    }
  }

  tags = merge(var.tags, { Name = "${var.name}-agents" })
}

resource "aws_eks_node_group" "this" {
  cluster_name    = var.name
  node_group_name = "agents"
  node_role_arn   = var.node_role_arn
  subnet_ids      = var.subnet_ids
  version         = var.kubernetes_version
  ami_type        = "BOTTLEROCKET_x86_64"
  instance_types  = var.instance_types
  capacity_type   = var.spot ? "SPOT" : "ON_DEMAND"

  launch_template {
    id      = aws_launch_template.this.id
    version = aws_launch_template.this.latest_version
  }

  scaling_config {
    min_size     = var.nodes_idle
    desired_size = var.nodes_idle
    max_size     = var.nodes_busy
  }

  update_config {
    max_unavailable_percentage = 33
  }

  node_repair_config {
    enabled = true
  }

  labels = { "paddock.dev/pool" = "agents" }

  taint {
    key    = "paddock.dev/pool"
    value  = "agents"
    effect = "NO_SCHEDULE"
  }

  tags = merge(var.tags, { Name = "${var.name}-agents" })

  lifecycle {
    ignore_changes = [scaling_config[0].desired_size, scaling_config[0].min_size]
  }
}

resource "aws_autoscaling_schedule" "this" {
  for_each = {
    busy = { recurrence = var.busy_from, nodes = var.nodes_busy }
    idle = { recurrence = var.busy_to, nodes = var.nodes_idle }
  }

  scheduled_action_name  = each.key
  autoscaling_group_name = aws_eks_node_group.this.resources[0].autoscaling_groups[0].name
  recurrence             = each.value.recurrence
  time_zone              = var.time_zone
  min_size               = each.value.nodes
  desired_capacity       = each.value.nodes
  max_size               = var.nodes_busy
}

# Agents have the role of their side. Those for pull requests of strangers have
# another service account, and no role at all.
resource "aws_eks_pod_identity_association" "this" {
  cluster_name    = var.name
  namespace       = var.namespace
  service_account = var.service_account
  role_arn        = var.agent_role_arn
}
