output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "attachment_id" {
  description = "Attachment at the transit gateway."
  value       = aws_ec2_transit_gateway_vpc_attachment.hub.id
}

output "route_table_id" {
  description = "Table of the hub for answers."
  value       = aws_ec2_transit_gateway_route_table.this.id
}

output "subnet_ids" {
  description = "Ids of the subnets by name."
  value       = { for k, s in aws_subnet.this : k => s.id }
}

output "public_addresses" {
  description = "Addresses under which the platform appears on the internet, by zone."
  value       = { for k, e in aws_eip.nat : k => e.public_ip }
}
