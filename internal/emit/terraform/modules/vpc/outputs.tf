output "id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "subnet_ids" {
  description = "Ids of the subnets by name."
  value       = { for k, s in aws_subnet.this : k => s.id }
}

output "route_table_ids" {
  description = "Ids of the route tables by purpose."
  value       = { for k, t in aws_route_table.this : k => t.id }
}

output "attachment_id" {
  description = "Attachment at the transit gateway."
  value       = aws_ec2_transit_gateway_vpc_attachment.hub.id
}
