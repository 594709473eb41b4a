output "instance_id" {
  description = "Id of the machine."
  value       = aws_instance.this.id
}

output "volume_id" {
  description = "Id of the data volume."
  value       = aws_ebs_volume.data.id
}
