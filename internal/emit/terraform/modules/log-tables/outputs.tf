output "database" {
  description = "Name of the database."
  value       = aws_glue_catalog_database.this.name
}
