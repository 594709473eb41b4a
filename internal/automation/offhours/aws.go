package offhours

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	autoscalingtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"paddock.dev/internal/automation"
)

// AWS is the Cloud that there is.
type AWS struct {
	Environment string
	EC2         *ec2.Client
	EKS         *eks.Client
	AutoScaling *autoscaling.Client
}

// World finds the machines and groups of the environment by their tag.
func (a *AWS) World(ctx context.Context) (World, error) {
	var w World
	pages := ec2.NewDescribeInstancesPaginator(a.EC2, &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag:" + automation.TagEnvironment), Values: []string{a.Environment}},
		{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}},
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return w, fmt.Errorf("list machines: %w", err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				m := Machine{ID: aws.ToString(i.InstanceId), Tags: automation.Tags{}}
				if i.State != nil {
					m.State = string(i.State.Name)
				}
				for _, t := range i.Tags {
					m.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
				}
				w.Machines = append(w.Machines, m)
			}
		}
	}
	return w, errors.Join(a.nodes(ctx, &w), a.fleets(ctx, &w))
}

func (a *AWS) nodes(ctx context.Context, w *World) error {
	pages := eks.NewListClustersPaginator(a.EKS, &eks.ListClustersInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list clusters: %w", err)
		}
		for _, cluster := range page.Clusters {
			got, err := a.EKS.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &cluster})
			if err != nil {
				return fmt.Errorf("cluster %s: %w", cluster, err)
			}
			if got.Cluster.Tags[automation.TagEnvironment] != a.Environment {
				continue
			}
			groups := eks.NewListNodegroupsPaginator(a.EKS, &eks.ListNodegroupsInput{ClusterName: &cluster})
			for groups.HasMorePages() {
				page, err := groups.NextPage(ctx)
				if err != nil {
					return fmt.Errorf("node groups of %s: %w", cluster, err)
				}
				for _, name := range page.Nodegroups {
					g, err := a.EKS.DescribeNodegroup(ctx, &eks.DescribeNodegroupInput{ClusterName: &cluster, NodegroupName: &name})
					if err != nil {
						return fmt.Errorf("node group %s of %s: %w", name, cluster, err)
					}
					group := Group{Kind: Nodes, Cluster: cluster, Name: name, ARN: aws.ToString(g.Nodegroup.NodegroupArn), Tags: g.Nodegroup.Tags}
					if s := g.Nodegroup.ScalingConfig; s != nil {
						group.Size = Size{int(aws.ToInt32(s.MinSize)), int(aws.ToInt32(s.DesiredSize)), int(aws.ToInt32(s.MaxSize))}
					}
					w.Groups = append(w.Groups, group)
				}
			}
		}
	}
	return nil
}

// fleets are the Auto Scaling groups that are not behind a node group.
func (a *AWS) fleets(ctx context.Context, w *World) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(a.AutoScaling, &autoscaling.DescribeAutoScalingGroupsInput{Filters: []autoscalingtypes.Filter{
		{Name: aws.String("tag:" + automation.TagEnvironment), Values: []string{a.Environment}},
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list Auto Scaling groups: %w", err)
		}
		for _, g := range page.AutoScalingGroups {
			group := Group{Kind: Fleet, Name: aws.ToString(g.AutoScalingGroupName), ARN: aws.ToString(g.AutoScalingGroupARN), Tags: automation.Tags{}}
			for _, t := range g.Tags {
				group.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
			if group.Tags["eks:nodegroup-name"] != "" {
				continue
			}
			group.Size = Size{int(aws.ToInt32(g.MinSize)), int(aws.ToInt32(g.DesiredCapacity)), int(aws.ToInt32(g.MaxSize))}
			w.Groups = append(w.Groups, group)
		}
	}
	return nil
}

// Stop machines.
func (a *AWS) Stop(ctx context.Context, ids []string) error {
	_, err := a.EC2.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: ids})
	return err
}

// Start machines.
func (a *AWS) Start(ctx context.Context, ids []string) error {
	_, err := a.EC2.StartInstances(ctx, &ec2.StartInstancesInput{InstanceIds: ids})
	return err
}

// Terminate machines.
func (a *AWS) Terminate(ctx context.Context, ids []string) error {
	_, err := a.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: ids})
	return err
}

// Scale remembers first and scales then: the other way round, a failure between
// the two would forget how large the group was.
func (a *AWS) Scale(ctx context.Context, s Scaling) error {
	if s.Group.Kind == Fleet {
		if s.Remember {
			if _, err := a.AutoScaling.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []autoscalingtypes.Tag{{
				ResourceId: &s.Group.Name, ResourceType: aws.String("auto-scaling-group"), Key: aws.String(TagSize), Value: aws.String(s.Group.Size.String()), PropagateAtLaunch: aws.Bool(false),
			}}}); err != nil {
				return err
			}
		}
		_, err := a.AutoScaling.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{
			AutoScalingGroupName: &s.Group.Name, MinSize: aws.Int32(int32(s.To.Min)), DesiredCapacity: aws.Int32(int32(s.To.Desired)), MaxSize: aws.Int32(int32(s.To.Max)),
		})
		return err
	}
	if s.Remember {
		if _, err := a.EKS.TagResource(ctx, &eks.TagResourceInput{ResourceArn: &s.Group.ARN, Tags: map[string]string{TagSize: s.Group.Size.String()}}); err != nil {
			return err
		}
	}
	_, err := a.EKS.UpdateNodegroupConfig(ctx, &eks.UpdateNodegroupConfigInput{
		ClusterName: &s.Group.Cluster, NodegroupName: &s.Group.Name,
		ScalingConfig: &ekstypes.NodegroupScalingConfig{MinSize: aws.Int32(int32(s.To.Min)), DesiredSize: aws.Int32(int32(s.To.Desired)), MaxSize: aws.Int32(int32(s.To.Max))},
	})
	return err
}

// States asks for all machines, also those that do not run.
func (a *AWS) States(ctx context.Context, ids []string) (map[string]State, error) {
	states := map[string]State{}
	pages := ec2.NewDescribeInstanceStatusPaginator(a.EC2, &ec2.DescribeInstanceStatusInput{InstanceIds: ids, IncludeAllInstances: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look at machines: %w", err)
		}
		for _, s := range page.InstanceStatuses {
			state := State{Well: s.InstanceStatus != nil && s.InstanceStatus.Status == ec2types.SummaryStatusOk && s.SystemStatus != nil && s.SystemStatus.Status == ec2types.SummaryStatusOk}
			if s.InstanceState != nil {
				state.Name = string(s.InstanceState.Name)
			}
			states[aws.ToString(s.InstanceId)] = state
		}
	}
	return states, nil
}
