package cleanup

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"paddock.dev/internal/automation"
)

// AWS is the Cloud that there is.
type AWS struct{ EC2 *ec2.Client }

// Things are all volumes, snapshots and addresses of the account, with what uses
// each.
func (a *AWS) Things(ctx context.Context) ([]Thing, error) {
	var all []Thing
	exists := map[string]bool{}
	volumes := ec2.NewDescribeVolumesPaginator(a.EC2, &ec2.DescribeVolumesInput{})
	for volumes.HasMorePages() {
		page, err := volumes.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list volumes: %w", err)
		}
		for _, v := range page.Volumes {
			t := Thing{Kind: Volume, ID: aws.ToString(v.VolumeId), Tags: tags(v.Tags), Created: aws.ToTime(v.CreateTime), GiB: int(aws.ToInt32(v.Size))}
			exists[t.ID] = true
			switch {
			case len(v.Attachments) > 0:
				t.Used = aws.ToString(v.Attachments[0].InstanceId)
			case v.State != types.VolumeStateAvailable:
				t.Used = "something (it is " + string(v.State) + ")"
			}
			all = append(all, t)
		}
	}
	images, err := a.images(ctx)
	if err != nil {
		return nil, err
	}
	snapshots := ec2.NewDescribeSnapshotsPaginator(a.EC2, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
	for snapshots.HasMorePages() {
		page, err := snapshots.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list snapshots: %w", err)
		}
		for _, s := range page.Snapshots {
			t := Thing{Kind: Snapshot, ID: aws.ToString(s.SnapshotId), Tags: tags(s.Tags), Created: aws.ToTime(s.StartTime), GiB: int(aws.ToInt32(s.VolumeSize))}
			switch {
			case images[t.ID] != "":
				t.Used = images[t.ID]
			case exists[aws.ToString(s.VolumeId)]:
				t.Used = aws.ToString(s.VolumeId)
			case s.State != types.SnapshotStateCompleted:
				t.Used = "something (it is " + string(s.State) + ")"
			}
			all = append(all, t)
		}
	}
	addresses, err := a.EC2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, x := range addresses.Addresses {
		all = append(all, Thing{Kind: Address, ID: aws.ToString(x.AllocationId), Tags: tags(x.Tags), Used: aws.ToString(x.AssociationId)})
	}
	return all, nil
}

// images are the account's images by the snapshots that they are made of.
func (a *AWS) images(ctx context.Context) (map[string]string, error) {
	by := map[string]string{}
	pages := ec2.NewDescribeImagesPaginator(a.EC2, &ec2.DescribeImagesInput{Owners: []string{"self"}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list images: %w", err)
		}
		for _, i := range page.Images {
			for _, d := range i.BlockDeviceMappings {
				if d.Ebs != nil && d.Ebs.SnapshotId != nil {
					by[*d.Ebs.SnapshotId] = aws.ToString(i.ImageId)
				}
			}
		}
	}
	return by, nil
}

func tags(list []types.Tag) automation.Tags {
	all := automation.Tags{}
	for _, t := range list {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

// Mark writes the day on the thing.
func (a *AWS) Mark(ctx context.Context, t Thing, day string) error {
	_, err := a.EC2.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{t.ID}, Tags: []types.Tag{{Key: aws.String(TagSince), Value: &day}}})
	return err
}

// Unmark takes the mark away.
func (a *AWS) Unmark(ctx context.Context, t Thing) error {
	_, err := a.EC2.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{t.ID}, Tags: []types.Tag{{Key: aws.String(TagSince)}}})
	return err
}

// Delete the thing for good.
func (a *AWS) Delete(ctx context.Context, t Thing) error {
	var err error
	switch t.Kind {
	case Volume:
		_, err = a.EC2.DeleteVolume(ctx, &ec2.DeleteVolumeInput{VolumeId: &t.ID})
	case Snapshot:
		_, err = a.EC2.DeleteSnapshot(ctx, &ec2.DeleteSnapshotInput{SnapshotId: &t.ID})
	case Address:
		_, err = a.EC2.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &t.ID})
	default:
		err = fmt.Errorf("nobody knows how to delete a %s", t.Kind)
	}
	return err
}
