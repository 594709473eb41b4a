output "detector_id" {
  description = "Detector of GuardDuty."
  value       = aws_guardduty_detector.this.id
}
