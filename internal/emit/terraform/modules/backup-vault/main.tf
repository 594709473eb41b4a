# A vault for copies. It is locked: before their time nobody deletes what is in
# it, and after three days nobody loosens the lock, AWS included.

resource "aws_backup_vault" "this" {
  name          = var.name
  kms_key_arn   = var.kms_key_arn
  force_destroy = false
  tags          = { Name = var.name }

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_backup_vault_lock_configuration" "this" {
  backup_vault_name  = aws_backup_vault.this.name
  min_retention_days = var.min_retention_days
  max_retention_days = var.max_retention_days
  # With days it is in compliance mode; without, people with a special right may
  # still remove it.
  changeable_for_days = var.compliance ? 3 : null
}

resource "aws_backup_vault_policy" "this" {
  backup_vault_name = aws_backup_vault.this.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyThisAccount"
        Effect    = "Deny"
        Principal = "*"
        Action    = "backup:*"
        Resource  = "*"
        Condition = {
          StringNotEquals = { "aws:PrincipalAccount" = var.account_id }
          Bool            = { "aws:PrincipalIsAWSService" = "false" }
        }
      },
      {
        Sid       = "NobodyTakesCopiesAway"
        Effect    = "Deny"
        Principal = "*"
        Action = [
          "backup:DeleteRecoveryPoint",
          "backup:DisassociateRecoveryPoint",
          "backup:UpdateRecoveryPointLifecycle",
          "backup:DeleteBackupVault",
          "backup:DeleteBackupVaultAccessPolicy",
          "backup:DeleteBackupVaultLockConfiguration",
        ]
        Resource  = "*"
        Condition = { ArnNotLike = { "aws:PrincipalArn" = var.keeper_role_arns } }
      },
      {
        Sid       = "CopiesFromTheOtherRegion"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
        Action    = "backup:CopyIntoBackupVault"
        Resource  = "*"
      },
    ]
  })
}

# A job that failed is known in the morning, not on the day of the restore.
resource "aws_backup_vault_notifications" "this" {
  backup_vault_name   = aws_backup_vault.this.name
  sns_topic_arn       = var.topic_arn
  backup_vault_events = ["BACKUP_JOB_FAILED", "COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED", "RECOVERY_POINT_MODIFIED", "S3_BACKUP_OBJECT_FAILED", "S3_RESTORE_OBJECT_FAILED"]
}

# A second vault that is not of this account's storage: whoever takes the
# account over finds nothing to delete in it.
resource "aws_backup_logically_air_gapped_vault" "this" {
  count = var.air_gapped_name == null ? 0 : 1

  name               = var.air_gapped_name
  min_retention_days = max(7, var.min_retention_days)
  max_retention_days = var.max_retention_days
  tags               = { Name = var.air_gapped_name }
}
