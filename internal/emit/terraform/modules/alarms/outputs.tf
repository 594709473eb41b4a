output "names" {
  description = "Names of all alarms."
  value       = concat([for a in aws_cloudwatch_metric_alarm.query : a.alarm_name], [for a in aws_cloudwatch_metric_alarm.metric : a.alarm_name], [for a in aws_cloudwatch_metric_alarm.quota : a.alarm_name])
}
