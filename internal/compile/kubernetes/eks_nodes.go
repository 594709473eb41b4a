package kubernetes

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"paddock.dev/internal/compile/aws"
	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// platform has the objects whose kinds the charts bring: nodes, where secrets
// come from, snapshots.
func (k EKS) platform(c Configs) Folder {
	labels := k.clusterLabels()
	store := custom("external-secrets.io/v1", "ClusterSecretStore", "", storeName, labels, object{
		// The controller's own identity reads the secrets of this cluster's
		// services and no others (module cluster-base).
		"provider":   object{"aws": object{"service": "SecretsManager", "region": k.site.Region()}},
		"conditions": []any{object{"namespaces": []any{k.env.Name, nsMonitoring}}},
	})
	snapshots := custom("snapshot.storage.k8s.io/v1", "VolumeSnapshotClass", "", "ebs", labels, nil)
	delete(snapshots.Object, "spec")
	snapshots.Object["driver"], snapshots.Object["deletionPolicy"] = "ebs.csi.aws.com", "Retain"
	f := Folder{Path: "platform", Files: []File{
		file("alerts", k.alerts(c)...),
		file("figures", k.figures()...),
		file("nodes", k.nodeClass(), k.nodePool()),
		file("secrets", store),
		file("snapshots", snapshots),
		file("traces", k.collectors()...),
	}}
	if rules := k.rules(c); len(rules) > 0 {
		f.Files = append(f.Files, file("rules", rules...))
	}
	return f
}

func (k EKS) nodeClass() client.Object {
	var subnets []any
	for _, s := range k.subnets(address.Pods) {
		subnets = append(subnets, object{"tags": object{"Name": k.site.SubnetName(k.vpc, s)}})
	}
	p := k.site.Platform()
	return custom("karpenter.k8s.aws/v1", "EC2NodeClass", "", "default", k.clusterLabels(), object{
		"amiSelectorTerms":           []any{object{"alias": aws.NodeImage}},
		"instanceProfile":            k.site.NodeRole(k.cluster.Segment), // by name, so that Karpenter needs no IAM
		"subnetSelectorTerms":        subnets,
		"securityGroupSelectorTerms": []any{object{"tags": object{"karpenter.sh/discovery": k.Name()}}},
		"associatePublicIPAddress":   false,
		"detailedMonitoring":         true,
		// Pods are one hop further than the node: they cannot take its role.
		"metadataOptions": object{"httpEndpoint": "enabled", "httpProtocolIPv6": "disabled", "httpPutResponseHopLimit": int64(1), "httpTokens": "required"},
		"blockDeviceMappings": []any{
			object{"deviceName": "/dev/xvda", "ebs": k.disk("4Gi")},
			object{"deviceName": "/dev/xvdb", "ebs": k.disk("80Gi")},
		},
		// Default tags of Terraform's provider do not reach these machines.
		"tags": object{"Name": k.Name() + "-node", "paddock:platform": p.Name, "paddock:env": k.env.Name, "paddock:segment": k.cluster.Segment, "paddock:managed-by": "karpenter"},
	})
}

func (k EKS) disk(size string) object {
	return object{"volumeSize": size, "volumeType": "gp3", "encrypted": true, "kmsKeyID": k.site.KeyAlias(aws.KeyData), "deleteOnTermination": true}
}

func (k EKS) nodePool() client.Object {
	cpu, memory := capacity(k.services)
	capacityTypes := []any{"on-demand", "spot"}
	if k.env.Stage == model.Production {
		capacityTypes = capacityTypes[:1]
	}
	var zones []any
	for _, z := range k.site.ZoneIDs(k.vpc) {
		zones = append(zones, z)
	}
	budgets := []any{object{"nodes": "10%"}}
	for _, w := range k.env.Freeze {
		if b, ok := frozen(w); ok {
			budgets = append(budgets, b)
		}
	}
	return custom("karpenter.sh/v1", "NodePool", "", "services", k.clusterLabels(), object{
		"template": object{
			"metadata": object{"labels": object{"paddock.dev/pool": "services"}},
			"spec": object{
				"nodeClassRef":           object{"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "default"},
				"expireAfter":            "720h",
				"terminationGracePeriod": "24h",
				"requirements": []any{
					requirement("kubernetes.io/arch", "In", "amd64"),
					requirement("kubernetes.io/os", "In", "linux"),
					object{"key": "karpenter.sh/capacity-type", "operator": "In", "values": capacityTypes},
					object{"key": "topology.k8s.aws/zone-id", "operator": "In", "values": zones},
					requirement("karpenter.k8s.aws/instance-category", "In", "c", "m", "r"),
					requirement("karpenter.k8s.aws/instance-generation", "Gt", "5"),
					requirement("karpenter.k8s.aws/instance-hypervisor", "In", "nitro"),
					// Small enough that one node is a small loss.
					requirement("karpenter.k8s.aws/instance-cpu", "In", "4", "8", "16"),
				},
			},
		},
		"limits": object{"cpu": strconv.FormatInt((cpu+999)/1000, 10), "memory": strconv.FormatInt((memory+(1<<30)-1)>>30, 10) + "Gi"},
		"disruption": object{
			"consolidationPolicy": "WhenEmptyOrUnderutilized",
			"consolidateAfter":    "5m",
			"budgets":             budgets,
		},
	})
}

func requirement(key, operator string, values ...any) object {
	return object{"key": key, "operator": operator, "values": values}
}

// frozen is a budget of no node at all while nothing may change. Karpenter's
// schedules are in UTC and know no year: dates come again until the platform
// file names others, which errs on the quiet side.
func frozen(w model.Window) (object, bool) {
	budget := func(schedule string, length time.Duration) (object, bool) {
		return object{"nodes": "0", "schedule": schedule, "duration": fmt.Sprintf("%dh%dm", int(length.Hours()), int(length.Minutes())%60)}, true
	}
	switch {
	case w.Days != nil:
		start := w.Days.From.Start(w.Zone).UTC()
		end := w.Days.To.Start(w.Zone).AddDate(0, 0, 1).UTC()
		return budget(fmt.Sprintf("%d %d %d %d *", start.Minute(), start.Hour(), start.Day(), int(start.Month())), end.Sub(start))
	case w.Weekly != nil:
		const week = 7 * 24 * 60
		from, length := w.Weekly.From, minutes(w.Weekly.To)-minutes(w.Weekly.From)
		if length <= 0 {
			length += week
		}
		// The offset of the zone in January; a change to summer time moves the
		// freeze by an hour.
		_, offset := time.Date(2026, 1, 1, 0, 0, 0, 0, from.Zone).Zone()
		at := ((minutes(from)-offset/60)%week + week) % week
		return budget(fmt.Sprintf("%d %d * * %s", at%60, at/60%24, strings.ToUpper(time.Weekday(at / 1440).String()[:3])), time.Duration(length)*time.Minute)
	}
	return nil, false
}

func minutes(m model.Moment) int { return int(m.Day)*1440 + m.Minute }
