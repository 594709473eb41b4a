output "id" {
  description = "Id of the route table."
  value       = aws_ec2_transit_gateway_route_table.this.id
}
