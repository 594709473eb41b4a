# Dashboards of CloudWatch, for the day on which Grafana cannot be reached.
# Widgets stand in rows of three.

resource "aws_cloudwatch_dashboard" "this" {
  for_each = var.dashboards

  dashboard_name = "${var.name}-${each.key}"

  dashboard_body = jsonencode({
    start          = "-PT6H"
    periodOverride = "inherit"
    widgets = concat(
      [{
        type       = "text"
        x          = 0
        y          = 0
        width      = 24
        height     = 2
        properties = { markdown = each.value.about }
      }],
      [for i, w in each.value.widgets : {
        type   = "metric"
        x      = 8 * (i % 3)
        y      = 2 + 6 * floor(i / 3)
        width  = 8
        height = 6
        properties = {
          title   = w.title
          region  = var.region
          view    = "timeSeries"
          stat    = w.statistic
          period  = 300
          metrics = [[{ expression = w.expression, id = "e1", label = w.title }]]
        }
      }],
    )
  })
}

# Questions that are asked of log groups when something is wrong.
resource "aws_cloudwatch_query_definition" "this" {
  for_each = var.queries

  name            = "${var.name}/${each.key}"
  log_group_names = each.value.log_groups
  query_string    = each.value.query
}
