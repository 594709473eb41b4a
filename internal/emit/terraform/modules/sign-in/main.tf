# How people get in: by groups of the identity provider, for an hour or a working
# day, into roles whose names are the same in every account. Nobody has a user or
# a key.

resource "aws_identitystore_group" "this" {
  for_each = var.groups

  identity_store_id = var.identity_store_id
  display_name      = each.key
  description       = each.value.description
}

resource "aws_ssoadmin_permission_set" "this" {
  for_each = var.groups

  instance_arn     = var.instance_arn
  name             = each.value.set
  description      = each.value.description
  session_duration = "PT${each.value.hours}H"
}

resource "aws_ssoadmin_managed_policy_attachment" "this" {
  for_each = { for k, g in var.groups : k => g if g.policy != null }

  instance_arn       = var.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.this[each.key].arn
  managed_policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
}

# The step into the role that clusters and logs know by name.
resource "aws_ssoadmin_permission_set_inline_policy" "this" {
  for_each = { for k, g in var.groups : k => g if g.role != null }

  instance_arn       = var.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.this[each.key].arn

  inline_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RoleOfTheAccount"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = "arn:aws:iam::*:role/${each.value.role}"
      Condition = { StringEquals = { "aws:ResourceAccount" = "$${aws:PrincipalAccount}" } }
    }]
  })
}

resource "aws_ssoadmin_account_assignment" "this" {
  for_each = merge([
    for k, g in var.groups : { for name in g.accounts : "${k} ${name}" => { group = k, account = name } }
  ]...)

  instance_arn       = var.instance_arn
  permission_set_arn = aws_ssoadmin_permission_set.this[each.value.group].arn
  principal_type     = "GROUP"
  principal_id       = aws_identitystore_group.this[each.value.group].group_id
  target_type        = "AWS_ACCOUNT"
  target_id          = var.account_ids[each.value.account]
}
