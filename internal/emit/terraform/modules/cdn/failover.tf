# The name of the origin: the primary region while its deep health check answers,
# the other one after that. Minutes, not hours of cached names. This is what moves
# traffic; the alarms of the recovery region tell the same story to people.
resource "akamai_gtm_domain" "this" {
  name                      = "${var.name}.akadns.net"
  type                      = "failover-only"
  contract                  = trimprefix(var.contract_id, "ctr_")
  group                     = trimprefix(var.group_id, "grp_")
  comment                   = "Rendered by paddock"
  email_notification_list   = var.notify
  default_timeout_penalty   = 25
  load_imbalance_percentage = 10
}

resource "akamai_gtm_datacenter" "this" {
  for_each = var.origins

  domain   = akamai_gtm_domain.this.name
  nickname = each.value.region
  country  = each.value.country

  # Akamai changes a domain one request at a time.
  wait_on_complete = true
}

resource "akamai_gtm_property" "origin" {
  domain = akamai_gtm_domain.this.name
  name   = "origin"
  type   = "failover"
  # One host that is ill is no reason to move all others to another region.
  score_aggregation_type = "median"
  handout_limit          = 1
  handout_mode           = "normal"
  dynamic_ttl            = 60
  failover_delay         = 0
  failback_delay         = 300

  dynamic "traffic_target" {
    for_each = var.origins

    content {
      datacenter_id = akamai_gtm_datacenter.this[traffic_target.key].datacenter_id
      enabled       = true
      weight        = traffic_target.value.weight
      handout_cname = traffic_target.value.host
      servers       = []
    }
  }

  dynamic "liveness_test" {
    for_each = var.health

    content {
      name                          = liveness_test.key
      test_interval                 = 20
      test_timeout                  = 10
      test_object_protocol          = "HTTPS"
      test_object_port              = 443
      test_object                   = liveness_test.value.path
      peer_certificate_verification = true
      response_string               = liveness_test.value.contains
      http_error3xx                 = true
      http_error4xx                 = true
      http_error5xx                 = true
      disabled                      = false
      answers_required              = false
      recursion_requested           = false

      http_header {
        name  = "Host"
        value = liveness_test.value.host
      }

      http_header {
        name  = "X-Origin-Verify"
        value = var.origin_secret
      }
    }
  }

  lifecycle {
    # During a failover by hand, people set weights.
    ignore_changes = [traffic_target]
  }
}
