package rules

import (
	"fmt"
	"strconv"
	"strings"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

// quotaRules compare what may run at the peak with what there is room for.
var quotaRules = []*Rule{
	{
		ID: "vcpu-quota", Severity: diag.Error,
		Title:  "The account has enough vCPU for every service at its maximum",
		Why:    "At the quota EC2 starts no more machines. The autoscaler asks, pods wait, and the peak is served by what was there before.",
		Fix:    "Raise the quota with AWS and then cloud.quotas.standard-vcpus, or lower maxima.",
		Source: "Amazon EC2 User Guide, On-Demand Instance quotas (L-1216C47A)",
		check: func(f *Facts, report func(Finding)) {
			limit, ok := f.quota(quota.VCPU)
			if !ok {
				return
			}
			sums, order := map[string]*need{}, []string{}
			for _, e := range f.envs {
				account := e.Name
				if f.Accounts.Single {
					account = "the account"
				}
				if sums[account] == nil {
					sums[account] = &need{}
					order = append(order, account)
				}
				sums[account].add(e)
			}
			for _, account := range order {
				n := sums[account]
				total := n.pods + n.machines
				if total <= int64(limit)*1000 {
					continue
				}
				report(Finding{
					Place:   Place{Key: "cloud.quotas." + quota.VCPU},
					Summary: fmt.Sprintf("At its maximum %q needs %s vCPU, and the quota is %d", account, cores(total), limit),
					Detail: fmt.Sprintf("%s for pods (replicas at their maximum x request; most of it %s) + %s for machines of stores and services = %s.",
						cores(n.pods), n.most(), cores(n.machines), cores(total)),
					Fix: fmt.Sprintf("Ask AWS for %d and write it here, or lower maxima.", (total/1000/32+1)*32),
				})
			}
		},
	},
}

func (f *Facts) quota(name string) (int, bool) {
	for _, q := range f.Cloud.Quotas {
		if q.Name == name {
			return q.Limit, true
		}
	}
	return 0, false
}

// need is what one account runs at its peak, in thousandths of a vCPU.
type need struct {
	pods, machines int64
	topCPU         int64
	topText        string
}

func (n *need) add(e *place) {
	for i := range e.Services {
		s := &e.Services[i]
		if s.Runtime == model.EC2 {
			n.machines += int64(s.Scale.Max) * vcpu(s.Instance) * 1000
			continue
		}
		cpu := int64(s.Scale.Max) * s.Size.CPUMilli
		n.pods += cpu
		if cpu > n.topCPU {
			n.topCPU, n.topText = cpu, fmt.Sprintf("%s with %d x %s = %s", s.Name, s.Scale.Max, cores(s.Size.CPUMilli), cores(cpu))
		}
	}
	for i := range e.Stores {
		s := &e.Stores[i]
		if s.Managed() {
			continue
		}
		n.machines += int64(s.Nodes+s.Aggregators) * vcpu(s.Instance) * 1000
		if s.Coordination == model.ZooKeeper {
			n.machines += int64(s.Coordinators) * vcpu(s.Instance) * 1000
		}
	}
}

func (n *need) most() string { return n.topText }

// vcpu of an instance type. AWS doubles with every size from large on: 2, 4, 8,
// and 4 for each further x (Amazon EC2 Instance Types).
func vcpu(instance string) int64 {
	_, size, ok := strings.Cut(instance, ".")
	if !ok {
		return 2
	}
	switch size {
	case "nano", "micro", "small", "medium", "large":
		return 2
	case "xlarge":
		return 4
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(size, "xlarge")); err == nil {
		return int64(n) * 4
	}
	return 96 // metal
}
