package rules

import (
	"fmt"

	"paddock.dev/internal/diag"
	"paddock.dev/internal/model"
	"paddock.dev/internal/model/quota"
)

var vcpus, _ = quota.Find(quota.VCPU)

// quotaRules compare what may run at the peak with what there is room for.
var quotaRules = []*Rule{
	{
		ID: "vcpu-quota", Severity: diag.Error,
		Title:  "The account has enough vCPU for every service at its maximum",
		Why:    "At the quota EC2 starts no more machines. The autoscaler asks, pods wait, and the peak is served by what was there before.",
		Fix:    "Raise the quota with AWS and then cloud.quotas.standard-vcpus, or lower maxima.",
		Source: vcpus.Source + " (" + vcpus.Code + ")",
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
					Fix: fmt.Sprintf("Ask AWS for %d and write it here, or lower maxima.", vcpus.Enough(limit, int((total+999)/1000))),
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
	pods, machines, topCPU int64
	top                    *model.Service
}

func (n *need) add(e *place) {
	p := quota.PeakOf(e.Environment)
	n.pods += p.Pods
	n.machines += p.Machines
	if p.MostCPU > n.topCPU {
		n.top, n.topCPU = p.Most, p.MostCPU
	}
}

func (n *need) most() string {
	if n.top == nil {
		return "none"
	}
	return fmt.Sprintf("%s with %d x %s = %s", n.top.Name, n.top.Scale.Max, cores(n.top.Size.CPUMilli), cores(n.topCPU))
}
