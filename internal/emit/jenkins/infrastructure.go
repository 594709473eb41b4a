package jenkins

import "strings"

// infrastructure writes the pipelines of Terraform and Ansible, one for each
// controller: each works in the accounts of its tier alone.
func (d *delivery) infrastructure() error {
	for _, tier := range tiers {
		envs := d.onPath(tier)
		if len(envs) == 0 {
			continue
		}
		var names []string
		groups, count := "", 0
		for _, e := range envs {
			names = append(names, e.Name)
			if e.Approve.Count > count {
				groups, count = strings.Join(e.Approve.From, ","), e.Approve.Count
			}
		}
		if tier == "prod" {
			// What serves all environments is changed with production's care.
			names = append([]string{"management", "log-archive", "security", "network", "shared"}, names...)
			if d.platform.Accounts.Single {
				names = append([]string{"shared"}, names[5:]...)
			}
		}
		data := struct {
			Platform, Tier, Region, Groups string
			Count                          int
			Scopes, Environments           []string
			Slack                          string
		}{d.platform.Name, tier, d.platform.Cloud.Region, groups, count, names, names[len(names)-len(envs):], d.platform.Alerts.Slack}
		for _, what := range []string{"terraform", "ansible"} {
			if err := d.fill(what+"/Jenkinsfile."+tier, what+".groovy", data); err != nil {
				return err
			}
		}
	}
	return nil
}
