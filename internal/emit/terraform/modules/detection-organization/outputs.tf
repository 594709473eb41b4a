output "analyzer_arn" {
  description = "Analyzer of access from outside the organization."
  value       = aws_accessanalyzer_analyzer.external.arn
}
