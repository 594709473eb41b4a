package applier

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/diag"
)

// Summary is what a plan does.
type Summary struct {
	Add, Change, Destroy int
	// Destroys are the addresses of resources that are destroyed or replaced.
	Destroys []Destroyed `json:"destroys,omitempty"`
}

// Destroyed is one resource that a plan takes away.
type Destroyed struct {
	Address string `json:"address"`
	Type    string `json:"type"`
	// Replaced means that another one takes its place, without what was in it.
	Replaced bool `json:"replaced,omitempty"`
}

// Changes is how many resources are touched.
func (s Summary) Changes() int { return s.Add + s.Change + s.Destroy }

// String is the summary as progress shows it: +12 ~3 -0.
func (s Summary) String() string {
	if s.Changes() == 0 {
		return "no changes"
	}
	return fmt.Sprintf("+%d ~%d -%d", s.Add, s.Change, s.Destroy)
}

// summarize reads a plan as `terraform show -json` prints it ("JSON Output
// Format", Terraform documentation).
func summarize(data []byte) (Summary, error) {
	var plan struct {
		Format  string `json:"format_version"`
		Changes []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
			Type    string `json:"type"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return Summary{}, fmt.Errorf("read the plan: %w", err)
	}
	if !strings.HasPrefix(plan.Format, "1.") {
		return Summary{}, fmt.Errorf("read the plan: the format %q is not known", plan.Format)
	}
	var s Summary
	for _, c := range plan.Changes {
		if c.Mode == "data" {
			continue
		}
		creates, deletes := slices.Contains(c.Change.Actions, "create"), slices.Contains(c.Change.Actions, "delete")
		if creates {
			s.Add++
		}
		if slices.Contains(c.Change.Actions, "update") {
			s.Change++
		}
		if deletes {
			s.Destroy++
			s.Destroys = append(s.Destroys, Destroyed{c.Address, c.Type, creates})
		}
	}
	return s, nil
}

// protected are types whose destruction loses data, keys to data, or the place in
// which everything else is.
var protected = []string{
	"aws_backup_vault", "aws_cloudtrail", "aws_db_instance", "aws_dynamodb_table", "aws_ebs_volume", "aws_ec2_transit_gateway",
	"aws_ecr_repository", "aws_efs_file_system", "aws_eks_cluster", "aws_elasticache_replication_group", "aws_kms_key",
	"aws_opensearch_domain", "aws_organizations_account", "aws_organizations_organization", "aws_rds_cluster", "aws_route53_zone",
	"aws_s3_bucket", "aws_secretsmanager_secret", "aws_sqs_queue", "aws_vpc",
}

// Protected reports whether a type is destroyed only by name.
func Protected(typ string) bool { return slices.Contains(protected, typ) }

// protect refuses plans that destroy what nobody named.
func protect(plans []Planned, allowed []string) error {
	var lost []string
	for _, p := range plans {
		for _, d := range p.Summary.Destroys {
			full := p.Root.Name() + ":" + d.Address
			ok := slices.ContainsFunc(allowed, func(a string) bool {
				return a == d.Address || a == full || strings.HasPrefix(d.Address, a+".") || strings.HasPrefix(full, a+".")
			})
			if Protected(d.Type) && !ok {
				lost = append(lost, full)
			}
		}
	}
	if len(lost) == 0 {
		return nil
	}
	more := ""
	if len(lost) > 5 {
		more = fmt.Sprintf(" and %d others", len(lost)-5)
	}
	return diag.Problem{
		Severity: diag.Error, ID: "destroys-protected", Summary: fmt.Sprintf("The plans destroy %d things that hold data, keys or networks", len(lost)),
		Detail: "They are " + strings.Join(lost[:min(5, len(lost))], ", ") + more + ". Nothing of this layer was applied.",
		Fix:    "If that is what you want, name it: --allow-destroy '" + lost[0] + "'",
	}
}
