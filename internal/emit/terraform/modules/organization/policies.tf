# Each bound is a document of its own, so that each can be read, attached and
# lifted by itself.

locals {
  everywhere = ["Security", "Infrastructure", "Workloads", "Suspended"]

  # Roles that build the platform; and the one for emergencies.
  builders    = ["arn:aws:iam::*:role/paddock-apply-*"]
  break_glass = ["arn:aws:iam::*:role/break-glass"]

  service_control = {
    stay = {
      description = "No account leaves the organization, and nobody is root"
      units       = local.everywhere
      statements = [
        { Sid = "Stay", Effect = "Deny", Action = ["organizations:LeaveOrganization", "account:CloseAccount"], Resource = "*" },
        { Sid = "NobodyIsRoot", Effect = "Deny", Action = "*", Resource = "*", Condition = { StringLike = { "aws:PrincipalArn" = "arn:aws:iam::*:root" } } },
      ]
    }

    people = {
      description = "People come by single sign-on: no users, no keys"
      units       = local.everywhere
      statements = [
        { Sid = "NoUsers", Effect = "Deny", Action = ["iam:CreateUser", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"], Resource = "*" },
      ]
    }

    regions = {
      description = "Only the platform's regions, and services that have none"
      units       = ["Infrastructure", "Workloads"]
      statements = [
        {
          Sid       = "Regions"
          Effect    = "Deny"
          NotAction = ["account:*", "aws-portal:*", "budgets:*", "ce:*", "cloudfront:*", "cur:*", "globalaccelerator:*", "health:*", "iam:*", "importexport:*", "networkmanager:*", "organizations:*", "pricing:*", "route53:*", "route53domains:*", "s3:GetAccountPublic*", "s3:ListAllMyBuckets", "s3:PutAccountPublic*", "shield:*", "sts:*", "support:*", "trustedadvisor:*", "waf:*"]
          Resource  = "*"
          Condition = { StringNotEquals = { "aws:RequestedRegion" = concat(var.regions, ["us-east-1"]) } }
        },
      ]
    }

    evidence = {
      description = "What records and watches is not switched off"
      units       = local.everywhere
      statements = [
        {
          Sid    = "Evidence"
          Effect = "Deny"
          Action = [
            "cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
            "config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:StopConfigurationRecorder",
            "guardduty:DeleteDetector", "guardduty:DisassociateFromMasterAccount", "guardduty:UpdateDetector",
            "securityhub:DisableSecurityHub", "inspector2:Disable", "access-analyzer:DeleteAnalyzer",
            "ec2:DeleteFlowLogs", "logs:DeleteLogGroup", "route53resolver:DeleteResolverQueryLogConfig",
          ]
          Resource  = "*"
          Condition = { ArnNotLike = { "aws:PrincipalArn" = concat(local.builders, local.break_glass) } }
        },
      ]
    }

    network = {
      description = "Ways to the internet are made in one account only"
      units       = ["Workloads"]
      statements = [
        {
          Sid    = "NoWaysOut"
          Effect = "Deny"
          Action = [
            "ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateEgressOnlyInternetGateway", "ec2:CreateNatGateway",
            "ec2:CreateVpcPeeringConnection", "ec2:AcceptVpcPeeringConnection", "ec2:CreateVpnConnection", "ec2:CreateVpnGateway",
            "ec2:CreateVpcEndpointServiceConfiguration", "ec2:AllocateAddress", "ec2:AssociateAddress",
            "globalaccelerator:CreateAccelerator", "directconnect:CreateConnection",
          ]
          Resource = "*"
        },
        {
          Sid       = "NoOpeningOfTheBlock"
          Effect    = "Deny"
          Action    = ["ec2:ModifyVpcBlockPublicAccessOptions", "ec2:CreateVpcBlockPublicAccessExclusion", "s3:PutAccountPublicAccessBlock"]
          Resource  = "*"
          Condition = { ArnNotLike = { "aws:PrincipalArn" = concat(local.builders, local.break_glass) } }
        },
      ]
    }

    encryption = {
      description = "Nothing is stored in clear"
      units       = ["Workloads", "Infrastructure"]
      statements = [
        { Sid = "Volumes", Effect = "Deny", Action = "ec2:CreateVolume", Resource = "*", Condition = { Bool = { "ec2:Encrypted" = "false" } } },
        { Sid = "Databases", Effect = "Deny", Action = ["rds:CreateDBInstance", "rds:CreateDBCluster"], Resource = "*", Condition = { Bool = { "rds:StorageEncrypted" = "false" } } },
        { Sid = "OldMetadata", Effect = "Deny", Action = "ec2:RunInstances", Resource = "arn:aws:ec2:*:*:instance/*", Condition = { StringNotEquals = { "ec2:MetadataHttpTokens" = "required" } } },
      ]
    }

    sharing = {
      description = "Nothing is shared outside the organization"
      units       = local.everywhere
      statements = [
        { Sid = "Shares", Effect = "Deny", Action = ["ram:CreateResourceShare", "ram:UpdateResourceShare"], Resource = "*", Condition = { Bool = { "ram:RequestedAllowsExternalPrincipals" = "true" } } },
        { Sid = "PublicPolicies", Effect = "Deny", Action = ["ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute", "rds:ModifyDBSnapshotAttribute"], Resource = "*", Condition = { ArnNotLike = { "aws:PrincipalArn" = local.break_glass } } },
      ]
    }

    recovery = {
      description = "Backups and keys outlive a bad day"
      units       = local.everywhere
      statements = [
        {
          Sid       = "Backups"
          Effect    = "Deny"
          Action    = ["backup:DeleteBackupVault", "backup:DeleteRecoveryPoint", "backup:DeleteBackupVaultLockConfiguration", "backup:PutBackupVaultAccessPolicy", "kms:ScheduleKeyDeletion", "kms:DisableKey"]
          Resource  = "*"
          Condition = { ArnNotLike = { "aws:PrincipalArn" = local.break_glass } }
        },
      ]
    }
  }
}
