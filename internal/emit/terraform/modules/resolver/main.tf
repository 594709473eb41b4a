# Which names may be asked for, and a record of every question.

resource "aws_route53_resolver_query_log_config" "this" {
  name            = var.name
  destination_arn = var.query_log_bucket_arn
}

resource "aws_route53_resolver_firewall_domain_list" "allow" {
  for_each = var.allow

  name    = "${var.name}-${each.key}-allow"
  domains = each.value
}

resource "aws_route53_resolver_firewall_domain_list" "all" {
  name    = "${var.name}-all"
  domains = ["*"]
}

resource "aws_route53_resolver_firewall_rule_group" "this" {
  for_each = var.allow

  name = "${var.name}-${each.key}"
}

resource "aws_route53_resolver_firewall_rule" "allow" {
  for_each = var.allow

  name   = "allow"
  action = "ALLOW"
  # A name that may be asked for may be another name for something else, which is
  # for its owner to say.
  firewall_domain_redirection_action = "TRUST_REDIRECTION_DOMAIN"

  firewall_domain_list_id = aws_route53_resolver_firewall_domain_list.allow[each.key].id
  firewall_rule_group_id  = aws_route53_resolver_firewall_rule_group.this[each.key].id
  priority                = 100
}

# The rest is refused where the list is complete, and reported elsewhere.
resource "aws_route53_resolver_firewall_rule" "rest" {
  for_each = var.allow

  name                    = "rest"
  action                  = contains(var.closed, each.key) ? "BLOCK" : "ALERT"
  block_response          = contains(var.closed, each.key) ? "NXDOMAIN" : null
  firewall_domain_list_id = aws_route53_resolver_firewall_domain_list.all.id
  firewall_rule_group_id  = aws_route53_resolver_firewall_rule_group.this[each.key].id
  priority                = 200
}
