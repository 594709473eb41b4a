# A tunnel to another network, with a table of its own at the hub: it reaches
# what it was given and nothing else.

resource "aws_customer_gateway" "this" {
  bgp_asn    = var.peer_asn
  ip_address = var.address
  type       = "ipsec.1"

  tags = { Name = var.name }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/paddock/vpn/${var.name}"
  retention_in_days = 365
  kms_key_id        = var.kms_key_arn
}

resource "aws_vpn_connection" "this" {
  customer_gateway_id   = aws_customer_gateway.this.id
  transit_gateway_id    = var.hub_id
  type                  = "ipsec.1"
  static_routes_only    = false
  preshared_key_storage = "SecretsManager"

  tunnel1_ike_versions                    = ["ikev2"]
  tunnel1_phase1_encryption_algorithms    = ["AES256-GCM-16"]
  tunnel1_phase2_encryption_algorithms    = ["AES256-GCM-16"]
  tunnel1_phase1_integrity_algorithms     = ["SHA2-384"]
  tunnel1_phase2_integrity_algorithms     = ["SHA2-384"]
  tunnel1_phase1_dh_group_numbers         = [20, 21]
  tunnel1_phase2_dh_group_numbers         = [20, 21]
  tunnel1_startup_action                  = "start"
  tunnel1_dpd_timeout_action              = "restart"
  tunnel1_enable_tunnel_lifecycle_control = true

  tunnel1_log_options {
    cloudwatch_log_options {
      log_enabled       = true
      log_group_arn     = aws_cloudwatch_log_group.this.arn
      log_output_format = "json"
    }
  }

  tunnel2_ike_versions                    = ["ikev2"]
  tunnel2_phase1_encryption_algorithms    = ["AES256-GCM-16"]
  tunnel2_phase2_encryption_algorithms    = ["AES256-GCM-16"]
  tunnel2_phase1_integrity_algorithms     = ["SHA2-384"]
  tunnel2_phase2_integrity_algorithms     = ["SHA2-384"]
  tunnel2_phase1_dh_group_numbers         = [20, 21]
  tunnel2_phase2_dh_group_numbers         = [20, 21]
  tunnel2_startup_action                  = "start"
  tunnel2_dpd_timeout_action              = "restart"
  tunnel2_enable_tunnel_lifecycle_control = true

  tunnel2_log_options {
    cloudwatch_log_options {
      log_enabled       = true
      log_group_arn     = aws_cloudwatch_log_group.this.arn
      log_output_format = "json"
    }
  }

  tags = { Name = var.name }
}

resource "aws_cloudwatch_metric_alarm" "down" {
  alarm_name          = "${var.name}-tunnels-down"
  alarm_description   = "Both tunnels to ${var.name} are down."
  namespace           = "AWS/VPN"
  metric_name         = "TunnelState"
  dimensions          = { VpnId = aws_vpn_connection.this.id }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topics
  ok_actions          = var.alarm_topics
}
