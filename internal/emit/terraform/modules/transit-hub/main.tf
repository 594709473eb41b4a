# The hub through which networks meet. It has no default tables: a network that
# nobody gave a table reaches nothing.

resource "aws_ec2_transit_gateway" "this" {
  description                        = var.name
  amazon_side_asn                    = var.asn
  default_route_table_association    = "disable"
  default_route_table_propagation    = "disable"
  auto_accept_shared_attachments     = "disable"
  dns_support                        = "enable"
  vpn_ecmp_support                   = "enable"
  security_group_referencing_support = "disable"
  encryption_support                 = var.encryption ? "enable" : "disable"

  tags = { Name = var.name }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_ram_resource_share" "this" {
  name                      = var.name
  allow_external_principals = false
}

resource "aws_ram_resource_association" "hub" {
  resource_arn       = aws_ec2_transit_gateway.this.arn
  resource_share_arn = aws_ram_resource_share.this.arn
}

resource "aws_ram_principal_association" "account" {
  for_each = var.accounts

  principal          = each.value
  resource_share_arn = aws_ram_resource_share.this.arn
}

resource "aws_flow_log" "this" {
  transit_gateway_id       = aws_ec2_transit_gateway.this.id
  log_destination_type     = "s3"
  log_destination          = var.flow_log_bucket_arn
  max_aggregation_interval = 60

  destination_options {
    file_format                = "parquet"
    hive_compatible_partitions = true
    per_hour_partition         = true
  }

  tags = { Name = var.name }
}
