package aws

import (
	"cmp"
	"fmt"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// machineServices adds to the root of a site's clusters the services that are
// not in a container yet: who they are, their machines, and the load balancer
// before them. Their rules come from the same edges as those of pods.
func (c *compiler) machineServices(s site, r *Root) {
	for _, svc := range s.env.Services {
		v, ok := c.Addresses.VPC(s.vpc(svc.Segment))
		if svc.Runtime != model.EC2 || !ok {
			continue
		}
		r.Lookups = append(r.Lookups, c.vpcLookup(v.Name))
		for _, sub := range v.Subnets {
			if sub.Purpose == address.Machines || sub.Purpose == address.Balancers {
				r.Lookups = append(r.Lookups, c.subnetLookup(v.Name, sub))
			}
		}
		r.Modules = append(r.Modules, c.identity(s, svc, Args{{"runs_on", String("machines")}}), c.machinesOf(s, svc, v))
		if c.balanced(s.env, svc) {
			r.Modules = append(r.Modules, c.balancer(s, svc, v))
		}
	}
}

// imageParameter holds the image of a service's machines. The pipeline writes it
// when it has baked one.
func (c *compiler) imageParameter(s site, service string) string {
	return c.parameter(s.env.Name, service, "image")
}

func (c *compiler) machinesOf(s site, svc model.Service, v address.VPC) Module {
	joined := List{}
	if c.balanced(s.env, svc) {
		if svc.Port != 0 {
			joined = append(joined, targetGroup(svc.Name, mainPort))
		}
		for _, p := range svc.Ports {
			joined = append(joined, targetGroup(svc.Name, p.Name))
		}
	}
	least, most := max(1, svc.Scale.Min), max(1, svc.Scale.Min, svc.Scale.Max)
	if s.recovery {
		least = 1 // ready to grow, and no more than that
	}
	return Module{
		Name: "machines-" + svc.Name, Source: "vm-service", From: of("services." + svc.Name),
		Args: Args{
			{"name", String(c.siteName(s, svc.Name))},
			{"service", String(svc.Name)},
			{"log_group", String(c.machineLogs(s.env.Name, svc.Name))},
			{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
			{"subnet_ids", values(c.subnetIDs(v, address.Machines))},
			{"instance_type", String(cmp.Or(svc.Instance, "m6i.large"))},
			{"instance_profile", Ref("module.service-" + svc.Name + ".instance_profile")},
			{"image_parameter", String(c.imageParameter(s, svc.Name))},
			{"min_size", Number(least)},
			{"max_size", Number(most)},
			{"cpu_percent", Number(svc.Scale.CPU)},
			{"clients", c.machineClients(s, svc, v)},
			{"targets", c.targets(s, v, func(o model.Service) bool { return o.Name == svc.Name })},
			{"internet", Bool(len(svc.Egress) > 0)},
			{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")},
			{"target_group_arns", joined},
			{"kms_key_arn", Ref("data.aws_kms_alias.data.target_key_arn")},
			{"log_key_arn", Ref("data.aws_kms_alias.logs.target_key_arn")},
			{"log_days", Number(logGroupDays(days(c.platform.Observe.Logs.Hot)))},
			{"alarm_topics", topics(s.env)},
			{"tags", Object{
				{"paddock:data", String(svc.Data)},
				{"paddock:env", String(s.env.Name)},
				{"paddock:owner", String(svc.Team)},
				{"paddock:platform", String(c.platform.Name)},
				{"paddock:role", String("legacy_app")},
				{"paddock:service", String(svc.Name)},
				{"paddock:tier", String(fmt.Sprint(svc.Tier))},
			}},
		},
	}
}

// targetGroup refers to the target group of a port of a service in the same root.
func targetGroup(service, port string) Ref {
	return Ref(fmt.Sprintf("module.balancer-%s.target_group_arns[%q]", service, port))
}

// machineClients reach the machines of a service: the load balancer before them,
// and what collects metrics.
func (c *compiler) machineClients(s site, svc model.Service, v address.VPC) Object {
	o := Object{}
	if c.balanced(s.env, svc) {
		for _, sub := range v.Subnets {
			if sub.Purpose != address.Balancers {
				continue
			}
			for _, p := range svc.AllPorts() {
				o = append(o, Arg{fmt.Sprintf("%s-%d", subnetName(sub), p), portRule(sub.CIDR.String(), p, "Load balancer of "+svc.Name)})
			}
		}
	}
	for _, from := range c.watchers(s, c.machineWatcher(s, svc)) {
		for _, p := range machineMetricPorts {
			o = append(o, Arg{fmt.Sprintf("metrics-%s-%d", from.Key, p), portRule(string(from.Value.(String)), p, "Prometheus of the cluster beside it")})
		}
	}
	sortArgs(o)
	return o
}

// logGroupDays is the least number of days, among those that CloudWatch Logs
// knows (PutRetentionPolicy), that is not below the wanted one.
func logGroupDays(want int) int {
	known := []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
	for _, d := range known {
		if d >= want {
			return d
		}
	}
	return known[len(known)-1]
}
