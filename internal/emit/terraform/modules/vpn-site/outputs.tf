output "attachment_id" {
  description = "Attachment at the transit gateway."
  value       = aws_vpn_connection.this.transit_gateway_attachment_id
}
