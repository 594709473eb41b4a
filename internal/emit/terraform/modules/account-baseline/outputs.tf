output "analyzer_arn" {
  description = "Analyzer of access from outside."
  value       = aws_accessanalyzer_analyzer.external.arn
}
