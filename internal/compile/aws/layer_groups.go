package aws

import (
	"fmt"
	"slices"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// groupName is the name of the security group of a service's pods.
func (c *compiler) groupName(s site, segment, service string) string {
	return fit(c.clusterName(s, segment)+"-pods-"+service, 255)
}

// strict reports whether pods of a service have a security group of their own
// ("Assign security groups to individual Pods", Amazon EKS User Guide).
func strict(svc model.Service, segment string) bool {
	return svc.Strict && svc.Segment == segment && svc.Runtime != model.EC2
}

func portName(name string, port int) string { return fmt.Sprintf("%s-%d", name, port) }

// podGroup is the security group of the pods of a strict service: its edges, and
// none of what other pods of the cluster may do.
func (c *compiler) podGroup(s site, svc model.Service, v address.VPC) Module {
	clients, callees, callers := Object{}, Object{}, Object{}
	if c.balanced(s.env, svc) {
		clients = c.fromBalancers(svc, v)
	}
	for _, u := range svc.Edges {
		callee, ok := s.env.Service(u.Name)
		if u.Kind != model.UsesService || !ok || apart(svc, callee) || callee.Strict {
			continue
		}
		for _, p := range u.Ports {
			callees = append(callees, Arg{portName(callee.Name, p), Number(p)})
		}
	}
	for _, other := range s.env.Services {
		if other.Name == svc.Name || !strict(other, svc.Segment) {
			continue
		}
		for _, p := range usedPorts(other, svc.Name) {
			callers = append(callers, Arg{portName(other.Name, p), Object{{"group", Ref("module.pods-" + other.Name + ".security_group_id")}, {"port", Number(p)}}})
		}
	}
	args := Args{
		{"name", String(c.groupName(s, svc.Segment, svc.Name))},
		{"service", String(svc.Name)},
		{"vpc_id", Ref("data.aws_vpc." + word(v.Name) + ".id")},
		{"node_security_group_id", Ref("module." + svc.Segment + ".node_security_group_id")},
		{"ports", Numbers(svc.AllPorts())},
		{"clients", clients},
		{"callers", callers},
		{"callees", callees},
		{"targets", c.targets(s, v, func(other model.Service) bool { return other.Name == svc.Name })},
		{"internet", Bool(len(svc.Egress) > 0 || len(c.platform.Network.Egress.Allow) > 0)},
	}
	if slices.ContainsFunc(svc.Edges, func(u model.Use) bool {
		store, ok := s.env.Store(u.Name)
		return u.Kind == model.UsesStore && ok && store.Engine == model.S3
	}) {
		args = append(args, Arg{"s3_prefix_list_id", Ref("data.aws_ec2_managed_prefix_list.s3.id")})
	}
	return Module{Name: "pods-" + svc.Name, Source: "pod-group", From: of("services." + svc.Name), Args: args}
}
