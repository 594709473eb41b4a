package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// bullet is one line of what the case study asked for, and what of the rendered
// platform answers it: resource types of the plans, and files.
type bullet struct {
	id, text  string
	resources []string
	files     []string
}

var bullets = []bullet{
	{"P1", "environments apart", []string{"aws_organizations_account", "aws_organizations_policy", "aws_vpc_block_public_access_options"}, nil},
	{"P2", "egress network, a network for each part", []string{"aws_nat_gateway", "aws_networkfirewall_firewall", "aws_vpc"}, nil},
	{"P3", "services on EKS, autoscaling, load balancers", []string{"aws_eks_cluster", "aws_eks_node_group", "aws_sqs_queue", "aws_lb", "aws_lb_target_group"}, []string{"kubernetes/prod/*/*.yaml"}},
	{"P4", "branching", nil, []string{"delivery/*"}},
	{"P5", "pipelines, hotfix, rollback", []string{"aws_ecr_repository"}, []string{"delivery/*"}},
	{"P6", "infrastructure as code", []string{"aws_s3_bucket", "aws_iam_role"}, []string{"terraform/roots.json", "terraform/sourcemap.json"}},
	{"P7", "segregation, backbone, transit gateway", []string{"aws_ec2_transit_gateway", "aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway_route", "aws_network_acl_rule"}, nil},
	{"P8", "monitoring and alerts", []string{"aws_cloudwatch_metric_alarm", "aws_cloudwatch_dashboard", "aws_sns_topic"}, []string{"observability/*"}},
	{"P9", "application performance", []string{"newrelic_alert_policy", "newrelic_nrql_alert_condition"}, nil},
	{"P10", "logs in OpenSearch by Fluent Bit", []string{"aws_opensearch_domain"}, []string{"observability/*"}},
	{"P11", "on-call", []string{"pagerduty_service", "pagerduty_schedule", "pagerduty_escalation_policy"}, nil},
	{"P12", "CDN, firewall, bots", []string{"aws_wafv2_web_acl"}, []string{"terraform/modules/cdn/*.tf"}},
	{"P13", "logs kept, and who reads them", []string{"aws_s3_bucket_lifecycle_configuration", "aws_s3_bucket_object_lock_configuration", "aws_athena_workgroup"}, nil},
	{"P14", "backup and recovery", []string{"aws_backup_vault", "aws_backup_plan", "aws_backup_restore_testing_plan", "aws_route53_health_check"}, nil},
	{"P15", "Jira", nil, []string{"jira/*"}},
	{"A2", "security groups", []string{"aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"}, nil},
	{"A4", "endpoints", []string{"aws_vpc_endpoint"}, nil},
	{"A5", "MongoDB, SingleStore, Kafka on EC2", []string{"aws_instance", "aws_ebs_volume", "aws_network_interface", "aws_placement_group"}, []string{"ansible/roles/*/tasks/main.yml"}},
	{"A8", "patching and scanning", []string{"aws_ssm_patch_baseline", "aws_ssm_maintenance_window", "aws_inspector2_enabler"}, nil},
	{"A9", "CloudTrail with integrity", []string{"aws_cloudtrail"}, nil},
	{"A10", "network policies and encryption in the cluster", []string{"aws_eks_addon", "aws_vpc_encryption_control"}, nil},
	{"A11", "flow logs and load balancer logs", []string{"aws_flow_log", "aws_glue_catalog_table", "aws_athena_named_query"}, nil},
	{"D3", "VPN", []string{"aws_ec2_client_vpn_endpoint", "aws_vpn_connection"}, nil},
	{"R2", "cost", []string{"aws_budgets_budget", "aws_ce_anomaly_monitor"}, nil},
	{"R4", "automation by Lambda", []string{"aws_lambda_function", "aws_scheduler_schedule"}, nil},
	{"R6", "documentation", nil, []string{"handbook/*"}},
	{"guards", "detection", []string{"aws_guardduty_detector", "aws_securityhub_account", "aws_config_configuration_recorder", "aws_accessanalyzer_analyzer"}, nil},
}

// smallest and largest number of resources that kestrel has; why it has so many
// is in docs/design/render.md. Fewer means that something was skipped; many more,
// that something is written for every pair of things.
const smallest, largest = 9000, 15000

// trace holds what was planned and rendered against the bullets.
func trace(out string, plans []plan) error {
	have := map[string]int{}
	for _, p := range plans {
		for _, c := range p.Changes {
			if c.Mode == "managed" {
				have[c.Type]++
			}
		}
	}
	var missing []string
	for _, b := range bullets {
		var found []string
		for _, r := range b.resources {
			if have[r] == 0 {
				missing = append(missing, b.id+" "+r)
			}
			found = append(found, fmt.Sprintf("%d %s", have[r], r))
		}
		for _, pattern := range b.files {
			files, err := filepath.Glob(filepath.Join(out, pattern))
			if err != nil {
				return err
			}
			if len(files) == 0 {
				missing = append(missing, b.id+" "+pattern)
			}
			found = append(found, fmt.Sprintf("%d files %s", len(files), pattern))
		}
		fmt.Printf("%-7s %-46s %s\n", b.id, b.text, strings.Join(found, ", "))
	}
	fmt.Printf("%d types of resources\n", len(have))
	if len(missing) > 0 {
		return fmt.Errorf("nothing answers: %s", strings.Join(missing, "; "))
	}
	if n := count(plans); n < smallest || n > largest {
		return fmt.Errorf("%d resources are planned; a whole platform of this size has %d to %d", n, smallest, largest)
	}
	return nil
}
