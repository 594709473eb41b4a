package rightsizing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"paddock.dev/internal/automation"
)

// AWS is the Cloud that there is.
type AWS struct {
	Environment string
	EC2         *ec2.Client
	CloudWatch  *cloudwatch.Client
}

// atOnce is how many machines are asked for in one call: two metrics each, of at
// most 500 ("GetMetricData", API reference).
const atOnce = 250

func (a *AWS) filter() []ec2types.Filter {
	return []ec2types.Filter{{Name: aws.String("tag:" + automation.TagEnvironment), Values: []string{a.Environment}}}
}

// Machines that run, with an average and a maximum for every hour.
func (a *AWS) Machines(ctx context.Context, since, until time.Time) ([]Machine, error) {
	var all []Machine
	pages := ec2.NewDescribeInstancesPaginator(a.EC2, &ec2.DescribeInstancesInput{Filters: append(a.filter(), ec2types.Filter{Name: aws.String("instance-state-name"), Values: []string{"running"}})})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list machines: %w", err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				all = append(all, Machine{ID: aws.ToString(i.InstanceId), Type: string(i.InstanceType), Tags: tags(i.Tags)})
			}
		}
	}
	for some := range slices.Chunk(all, atOnce) {
		if err := a.measure(ctx, some, since, until); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (a *AWS) measure(ctx context.Context, machines []Machine, since, until time.Time) error {
	var queries []cloudwatchtypes.MetricDataQuery
	query := func(id, machine, stat string) {
		queries = append(queries, cloudwatchtypes.MetricDataQuery{Id: &id, MetricStat: &cloudwatchtypes.MetricStat{
			Metric: &cloudwatchtypes.Metric{
				Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization"),
				Dimensions: []cloudwatchtypes.Dimension{{Name: aws.String("InstanceId"), Value: &machine}},
			},
			Period: aws.Int32(3600), Stat: &stat,
		}})
	}
	into := map[string]*[]float64{}
	for i := range machines {
		average, maximum := fmt.Sprintf("average%d", i), fmt.Sprintf("maximum%d", i)
		query(average, machines[i].ID, "Average")
		query(maximum, machines[i].ID, "Maximum")
		into[average], into[maximum] = &machines[i].Average, &machines[i].Maximum
	}
	pages := cloudwatch.NewGetMetricDataPaginator(a.CloudWatch, &cloudwatch.GetMetricDataInput{
		StartTime: &since, EndTime: &until, MetricDataQueries: queries, ScanBy: cloudwatchtypes.ScanByTimestampAscending,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("measure machines: %w", err)
		}
		for _, r := range page.MetricDataResults {
			if values := into[aws.ToString(r.Id)]; values != nil {
				*values = append(*values, r.Values...)
			}
		}
	}
	return nil
}

// Volumes of the environment.
func (a *AWS) Volumes(ctx context.Context) ([]Volume, error) {
	var all []Volume
	pages := ec2.NewDescribeVolumesPaginator(a.EC2, &ec2.DescribeVolumesInput{Filters: a.filter()})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list volumes: %w", err)
		}
		for _, v := range page.Volumes {
			all = append(all, Volume{ID: aws.ToString(v.VolumeId), Type: string(v.VolumeType), GiB: int(aws.ToInt32(v.Size)), Tags: tags(v.Tags)})
		}
	}
	return all, nil
}

func tags(list []ec2types.Tag) automation.Tags {
	all := automation.Tags{}
	for _, t := range list {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}
