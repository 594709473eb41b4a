package jenkins

import (
	"fmt"
	"slices"
	"strings"

	"paddock.dev/internal/emit/yaml"
	"paddock.dev/internal/model"
)

// plugins of a controller, each with its version; what they need comes along in
// the version that they name. Fewer plugins are fewer holes: what a shell can do
// is done by the scripts.
var plugins = []string{
	"configuration-as-code:2053.vb_0da_47381a_25",
	"credentials:1506.v948b_b_b_7dec44",
	"git:5.10.0",
	"job-dsl:1.93",
	"junit:1335.v6b_a_a_e18534e1",
	"kubernetes:4423.vb_59f230b_ce53",
	"matrix-auth:3.2.10",
	"oic-auth:4.609.v9de140f63d01",
	"pipeline-utility-steps:2.20.0",
	"timestamper:1.30",
	"workflow-aggregator:608.v67378e9d3db_1",
	"ws-cleanup:0.49",
}

// controllers are the two of Jenkins, in the layout that the Ansible role reads.
func (d *delivery) controllers() error {
	for _, tier := range tiers {
		if len(d.onPath(tier)) == 0 {
			continue
		}
		d.add("jenkins/"+tier+"/plugins.txt", []byte(strings.Join(plugins, "\n")+"\n"))
		d.add("jenkins/"+tier+"/casc/jenkins.yaml", yaml.Document(
			"Rendered from the platform file: the controller of the tier "+tier+". Values in ${} are the\nkeys of the secret that the service reads when it starts.", d.controller(tier)))
		d.add("jenkins/"+tier+"/agents.yaml", []byte(agentObjects(d.platform.Name, tier)))
	}
	return nil
}

func (d *delivery) controller(tier string) yaml.Map {
	pl := d.platform
	return yaml.Map{
		{"jenkins", yaml.Map{
			{"systemMessage", fmt.Sprintf("%s, %s. Configured by files; what is changed by hand is lost with the next restart.", pl.Name, tier)},
			// Nothing is built on the controller.
			{"numExecutors", 0},
			{"mode", "EXCLUSIVE"},
			{"quietPeriod", 5},
			{"crumbIssuer", yaml.Map{{"standard", yaml.Map{{"excludeClientIPFromCrumb", false}}}}},
			{"remotingSecurity", yaml.Map{{"enabled", true}}},
			{"slaveAgentPort", -1}, // agents come by WebSocket
			{"securityRealm", yaml.Map{{"oic", yaml.Map{
				{"clientId", "${OIDC_CLIENT_ID}"},
				{"clientSecret", "${OIDC_CLIENT_SECRET}"},
				{"serverConfiguration", yaml.Map{{"wellKnown", yaml.Map{{"wellKnownOpenIDConfigurationUrl", "${OIDC_DISCOVERY}"}}}}},
				{"userNameField", "preferred_username"},
				{"groupsFieldName", "groups"},
				{"disableSslVerification", false},
			}}}},
			{"authorizationStrategy", yaml.Map{{"globalMatrix", yaml.Map{{"entries", d.permissions(tier)}}}}},
			{"clouds", yaml.List{yaml.Map{{"kubernetes", d.cloud(tier)}}}},
		}},
		{"security", yaml.Map{
			{"globalJobDslSecurityConfiguration", yaml.Map{{"useScriptSecurity", true}}},
			{"gitHostKeyVerificationConfiguration", yaml.Map{{"sshHostKeyVerificationStrategy", "knownHostsFileVerificationStrategy"}}},
		}},
		{"credentials", yaml.Map{{"system", yaml.Map{{"domainCredentials", yaml.List{yaml.Map{{"credentials", yaml.List{
			yaml.Map{{"usernamePassword", yaml.Map{
				{"scope", "GLOBAL"}, {"id", "git-read"}, {"username", "${GIT_USER}"}, {"password", "${GIT_TOKEN}"},
				{"description", "Reads repositories; it cannot write"},
			}}},
		}}}}}}}}},
		{"unclassified", yaml.Map{{"location", yaml.Map{
			{"url", "https://" + d.tool("jenkins", tier) + "/"},
			{"adminAddress", d.platform.Alerts.Mail},
		}}}},
		{"jobs", yaml.List{yaml.Map{{"script", d.jobs(tier)}}}},
	}
}

// permissions: teams see and start, those who approve say yes, the platform's own
// group sees all. Administration is by the file alone, but for the emergency.
func (d *delivery) permissions(tier string) yaml.List {
	entry := func(name string, permissions ...string) yaml.Map {
		return yaml.Map{{"group", yaml.Map{{"name", name}, {"permissions", permissions}}}}
	}
	all := yaml.List{entry("break-glass", "Overall/Administer")}
	var approvers []string
	for _, e := range d.onPath(tier) {
		approvers = append(approvers, e.Approve.From...)
	}
	if h := d.platform.Delivery.Hotfix; h != nil {
		approvers = append(approvers, h.Approve.From...)
	}
	slices.Sort(approvers)
	for _, g := range slices.Compact(approvers) {
		all = append(all, entry(g, "Overall/Read", "Job/Read", "Job/Build", "Job/Cancel", "View/Read"))
	}
	for _, t := range d.platform.Teams {
		if tier == "prod" {
			all = append(all, entry(t.Name, "Overall/Read", "Job/Read", "View/Read"))
		} else {
			all = append(all, entry(t.Name, "Overall/Read", "Job/Read", "Job/Build", "Job/Cancel", "View/Read"))
		}
	}
	return all
}

// cloud is where agents come from: a pod for each build, gone with it.
func (d *delivery) cloud(tier string) yaml.Map {
	agent := func(label, account string, cpu, memory string) yaml.Map {
		return yaml.Map{
			{"name", label}, {"label", label}, {"serviceAccount", account}, {"nodeUsageMode", "EXCLUSIVE"},
			{"idleMinutes", 0}, {"instanceCap", 20}, {"podRetention", "never"},
			{"yaml", agentPod(cpu, memory)}, {"yamlMergeStrategy", "override"},
			{"containers", yaml.List{yaml.Map{
				{"name", "jnlp"}, {"image", "${AGENT_IMAGE}"}, {"workingDir", "/home/jenkins/agent"},
				{"resourceRequestCpu", cpu}, {"resourceRequestMemory", memory}, {"resourceLimitMemory", memory},
			}}},
		}
	}
	templates := yaml.List{agent(tier, d.platform.Name+"-agent-"+tier, "2", "4Gi")}
	if tier == "nonprod" {
		// Pull requests of anybody run without any identity of the cloud.
		templates = append(templates, agent("untrusted", "untrusted", "2", "4Gi"))
	}
	return yaml.Map{
		// Where the cluster is stands in the file that KUBECONFIG names; the
		// controller shows itself there by the role of its machine.
		{"name", "agents"}, {"namespace", "agents-" + tier},
		{"webSocket", true}, {"jenkinsUrl", "https://" + d.tool("jenkins", tier) + "/"},
		{"containerCapStr", "40"}, {"templates", templates},
	}
}

// agentPod is what the plugin's own fields cannot say. Images are built in a user
// namespace, without root and without a daemon.
func agentPod(cpu, memory string) string {
	return string(yaml.Marshal(yaml.Map{
		{"apiVersion", "v1"}, {"kind", "Pod"},
		{"spec", yaml.Map{
			{"hostUsers", false}, {"automountServiceAccountToken", false}, {"enableServiceLinks", false},
			{"securityContext", yaml.Map{{"runAsNonRoot", true}, {"runAsUser", 1000}, {"fsGroup", 1000}, {"seccompProfile", yaml.Map{{"type", "RuntimeDefault"}}}}},
			{"nodeSelector", yaml.Map{{"paddock.dev/pool", "agents"}}},
			{"tolerations", yaml.List{yaml.Map{{"key", "paddock.dev/pool"}, {"value", "agents"}, {"effect", "NoSchedule"}}}},
		}},
	}))
}

// jobs are the pipelines of a controller, for Job DSL.
func (d *delivery) jobs(tier string) string {
	var b strings.Builder
	b.WriteString("// Rendered from the platform file: the jobs of the tier " + tier + ".\n")
	file := "Jenkinsfile"
	if tier == "prod" {
		file = "Jenkinsfile.prod"
	}
	seen := map[string]bool{}
	for _, e := range d.onPath(tier) {
		for _, s := range e.Services {
			if s.Runtime == model.EC2 || seen[s.Name] {
				continue
			}
			seen[s.Name] = true
			script := "delivery/services/" + s.Name + "/" + file
			if tier == "prod" {
				b.WriteString(job(s.Name, script))
				continue
			}
			// Every branch of the service's own repository gets a job; the pipeline
			// itself is a copy of the rendered file there.
			fmt.Fprintf(&b, "multibranchPipelineJob(%s) {\n  branchSources { git { id(%s); remote(%s); credentialsId('git-read') } }\n  factory { workflowBranchProjectFactory { scriptPath('Jenkinsfile') } }\n  orphanedItemStrategy { discardOldItems { numToKeep(20) } }\n}\n",
				quote(s.Name), quote(s.Name), quote(d.repository(s.Name)))
		}
	}
	b.WriteString(job("terraform", "delivery/terraform/Jenkinsfile."+tier))
	b.WriteString(job("ansible", "delivery/ansible/Jenkinsfile."+tier))
	return b.String()
}

func job(name, script string) string {
	return fmt.Sprintf("pipelineJob(%s) {\n  definition { cpsScm { scm { git { remote { url(%s); credentials('git-read') }; branch('main') } }; scriptPath(%s) } }\n}\n",
		quote(name), quote("${PLATFORM_REPOSITORY}"), quote(script))
}

// repository of a service at the git host.
func (d *delivery) repository(service string) string {
	host := map[string]string{"gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}[d.platform.Delivery.Hosting]
	if host == "" {
		host = "github.com"
	}
	organization := d.platform.Delivery.Organization
	if organization == "" {
		organization = d.platform.Name
	}
	return "https://" + host + "/" + organization + "/" + service + ".git"
}
