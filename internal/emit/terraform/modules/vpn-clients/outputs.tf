output "endpoint_id" {
  description = "Id of the endpoint."
  value       = aws_ec2_client_vpn_endpoint.this.id
}
