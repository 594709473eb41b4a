output "arn" {
  description = "ARN of the authority, once it can sign."
  value       = aws_acmpca_certificate_authority_certificate.this.certificate_authority_arn
}
