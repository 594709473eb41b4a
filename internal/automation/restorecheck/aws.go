package restorecheck

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	backuptypes "github.com/aws/aws-sdk-go-v2/service/backup/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"paddock.dev/internal/automation"
)

// AWS is the Cloud that there is.
type AWS struct {
	Backup *backup.Client
	EC2    *ec2.Client
	RDS    *rds.Client
	S3     *s3.Client
	// Sample is how many objects of a bucket are read; 0 takes twenty.
	Sample int
}

// Job by its id.
func (a *AWS) Job(ctx context.Context, id string) (Job, error) {
	out, err := a.Backup.DescribeRestoreJob(ctx, &backup.DescribeRestoreJobInput{RestoreJobId: &id})
	if err != nil {
		return Job{}, fmt.Errorf("restore %s: %w", id, err)
	}
	j := Job{
		ID: id, Kind: Kind(aws.ToString(out.ResourceType)), Status: string(out.Status), Restored: aws.ToString(out.CreatedResourceArn),
		Source: aws.ToString(out.SourceResourceArn), Taken: aws.ToTime(out.RecoveryPointCreationDate), Bytes: aws.ToInt64(out.BackupSizeInBytes),
	}
	if out.CreatedBy != nil {
		j.Plan = lastPart(aws.ToString(out.CreatedBy.RestoreTestingPlanArn), ":")
	}
	if point := aws.ToString(out.RecoveryPointArn); point != "" && j.Plan != "" {
		tags, err := a.Backup.ListTags(ctx, &backup.ListTagsInput{ResourceArn: &point})
		if err != nil {
			return j, fmt.Errorf("tags of the copy %s: %w", point, err)
		}
		j.Tags = tags.Tags
	}
	return j, nil
}

// Look at what was restored.
func (a *AWS) Look(ctx context.Context, j Job) (Thing, error) {
	switch j.Kind {
	case Volume:
		return a.volume(ctx, lastPart(j.Restored, "/"))
	case Machine:
		return a.machine(ctx, lastPart(j.Restored, "/"))
	case Database:
		return a.database(ctx, lastPart(j.Restored, ":"))
	case Bucket:
		return a.bucket(ctx, j)
	}
	return Thing{}, fmt.Errorf("restore %s made a resource of the type %s, which nobody can judge", j.ID, j.Kind)
}

// SourceBytes is how large the source is now.
func (a *AWS) SourceBytes(ctx context.Context, j Job) (int64, error) {
	var t Thing
	var err error
	switch {
	case j.Source == "":
		return 0, nil
	case j.Kind == Volume:
		t, err = a.volume(ctx, lastPart(j.Source, "/"))
	case j.Kind == Machine:
		t, err = a.machine(ctx, lastPart(j.Source, "/"))
	case j.Kind == Database:
		t, err = a.database(ctx, lastPart(j.Source, ":"))
	}
	var all int64
	for _, d := range t.Disks {
		all += d.Bytes
	}
	return all, err
}

// Report tells AWS Backup the verdict.
func (a *AWS) Report(ctx context.Context, job string, v Verdict) error {
	if _, err := a.Backup.PutRestoreValidationResult(ctx, &backup.PutRestoreValidationResultInput{
		RestoreJobId: &job, ValidationStatus: backuptypes.RestoreValidationStatus(status(v)), ValidationStatusMessage: &v.Message,
	}); err != nil {
		return fmt.Errorf("verdict on %s: %w", job, err)
	}
	return nil
}

func (a *AWS) volume(ctx context.Context, id string) (Thing, error) {
	out, err := a.EC2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: []string{id}})
	if missing(err) || err == nil && len(out.Volumes) == 0 {
		return Thing{}, nil
	}
	if err != nil {
		return Thing{}, fmt.Errorf("volume %s: %w", id, err)
	}
	v := out.Volumes[0]
	return Thing{
		Found: true, State: string(v.State), Pending: v.State == ec2types.VolumeStateCreating,
		Well: v.State == ec2types.VolumeStateAvailable || v.State == ec2types.VolumeStateInUse,
		Tags: ec2Tags(v.Tags), Disks: []Disk{disk(v)},
	}, nil
}

func disk(v ec2types.Volume) Disk {
	return Disk{Name: aws.ToString(v.VolumeId), Encrypted: aws.ToBool(v.Encrypted), Key: aws.ToString(v.KmsKeyId), Bytes: int64(aws.ToInt32(v.Size)) << 30}
}

func ec2Tags(tags []ec2types.Tag) automation.Tags {
	all := automation.Tags{}
	for _, t := range tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return all
}

// machine is well when it runs and passes both of its status checks.
func (a *AWS) machine(ctx context.Context, id string) (Thing, error) {
	out, err := a.EC2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	if missing(err) || err == nil && (len(out.Reservations) == 0 || len(out.Reservations[0].Instances) == 0) {
		return Thing{}, nil
	}
	if err != nil {
		return Thing{}, fmt.Errorf("machine %s: %w", id, err)
	}
	i := out.Reservations[0].Instances[0]
	t := Thing{Found: true, Public: aws.ToString(i.PublicIpAddress) != "", Tags: ec2Tags(i.Tags)}
	if i.State != nil {
		t.State = string(i.State.Name)
		t.Pending = i.State.Name == ec2types.InstanceStateNamePending
	}
	if t.State == string(ec2types.InstanceStateNameRunning) {
		status, err := a.EC2.DescribeInstanceStatus(ctx, &ec2.DescribeInstanceStatusInput{InstanceIds: []string{id}})
		if err != nil {
			return t, fmt.Errorf("status of %s: %w", id, err)
		}
		t.Pending = true
		for _, s := range status.InstanceStatuses {
			if s.SystemStatus != nil && s.InstanceStatus != nil {
				t.State = "running, system " + string(s.SystemStatus.Status) + ", machine " + string(s.InstanceStatus.Status)
				t.Well = s.SystemStatus.Status == ec2types.SummaryStatusOk && s.InstanceStatus.Status == ec2types.SummaryStatusOk
				t.Pending = s.SystemStatus.Status == ec2types.SummaryStatusInitializing || s.InstanceStatus.Status == ec2types.SummaryStatusInitializing
			}
		}
	}
	var ids []string
	for _, m := range i.BlockDeviceMappings {
		if m.Ebs != nil {
			ids = append(ids, aws.ToString(m.Ebs.VolumeId))
		}
	}
	if len(ids) == 0 {
		return t, nil
	}
	volumes, err := a.EC2.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{VolumeIds: ids})
	if err != nil {
		return t, fmt.Errorf("volumes of %s: %w", id, err)
	}
	for _, v := range volumes.Volumes {
		t.Disks = append(t.Disks, disk(v))
	}
	return t, nil
}

func (a *AWS) database(ctx context.Context, id string) (Thing, error) {
	out, err := a.RDS.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: &id})
	var none *rdstypes.DBInstanceNotFoundFault
	if errors.As(err, &none) || err == nil && len(out.DBInstances) == 0 {
		return Thing{}, nil
	}
	if err != nil {
		return Thing{}, fmt.Errorf("database %s: %w", id, err)
	}
	d := out.DBInstances[0]
	t := Thing{
		Found: true, State: aws.ToString(d.DBInstanceStatus), Public: aws.ToBool(d.PubliclyAccessible), Tags: automation.Tags{},
		Disks: []Disk{{Name: id, Encrypted: aws.ToBool(d.StorageEncrypted), Key: aws.ToString(d.KmsKeyId), Bytes: int64(aws.ToInt32(d.AllocatedStorage)) << 30}},
	}
	for _, tag := range d.TagList {
		t.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	t.Well = t.State == "available"
	t.Pending = t.State == "creating" || t.State == "backing-up" || t.State == "modifying" || t.State == "rebooting" || strings.HasPrefix(t.State, "configuring-")
	return t, nil
}

// missing reports whether AWS says that there is no such thing.
func missing(err error) bool {
	var e smithy.APIError
	return errors.As(err, &e) && (strings.HasSuffix(e.ErrorCode(), ".NotFound") || e.ErrorCode() == "NotFound" || e.ErrorCode() == "NoSuchBucket" || e.ErrorCode() == "NoSuchKey")
}

func lastPart(arn, after string) string { return arn[strings.LastIndex(arn, after)+1:] }
