# Lambda takes no program of these functions that was not signed by the profile
# below, whoever sends it. What is signed is the archive beside the root, which is
# in the same commit as the root.

locals {
  archives = toset([for f in values(var.functions) : f.archive])
  signed   = "signed/"
}

resource "aws_signer_signing_profile" "this" {
  name_prefix = replace(var.name, "-", "_")
  platform_id = "AWSLambda-SHA384-ECDSA"

  signature_validity_period {
    type  = "MONTHS"
    value = 135
  }

  tags = { Name = "${var.name}-functions" }
}

resource "aws_lambda_code_signing_config" "this" {
  description = "Functions of ${var.environment}"

  allowed_publishers {
    signing_profile_version_arns = [aws_signer_signing_profile.this.version_arn]
  }

  policies {
    untrusted_artifact_on_deployment = "Enforce"
  }
}

resource "aws_s3_object" "archive" {
  for_each = local.archives

  bucket      = var.bucket
  key         = "archives/${each.key}.zip"
  source      = "${var.archives}/${each.key}.zip"
  source_hash = fileexists("${var.archives}/${each.key}.zip") ? filesha256("${var.archives}/${each.key}.zip") : null
}

# A new archive has another version, and is signed anew. The signed one is named
# by its job.
resource "aws_signer_signing_job" "this" {
  for_each = local.archives

  profile_name = aws_signer_signing_profile.this.name

  source {
    s3 {
      bucket  = var.bucket
      key     = aws_s3_object.archive[each.key].key
      version = aws_s3_object.archive[each.key].version_id
    }
  }

  destination {
    s3 {
      bucket = var.bucket
      prefix = local.signed
    }
  }
}

check "archives" {
  assert {
    condition     = alltrue([for a in local.archives : fileexists("${var.archives}/${a}.zip")])
    error_message = "The functions are not built yet: paddock render --functions writes their archives. Without them this root can be planned, but not applied."
  }
}
