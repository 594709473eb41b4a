package automation_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/backup"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/automationtest"
	"paddock.dev/internal/automation/restorecheck"
)

// Restored resources are moto's; what AWS Backup itself says comes from our own
// fake, for moto knows no restores.
func TestRestoresAgainstMoto(t *testing.T) {
	cfg := moto(t)
	ctx := t.Context()
	machines, databases := ec2.NewFromConfig(cfg), rds.NewFromConfig(cfg)
	objects := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	const (
		key    = "arn:aws:kms:ap-south-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
		theirs = "arn:aws:kms:ap-south-1:123456789012:key/00000000-12ab-34cd-56ef-1234567890ab"
		plan   = "arn:aws:backup:ap-south-1:123456789012:restore-testing-plan:kestrel_prod_restore-1"
		gib    = int64(1) << 30
	)
	tested := automation.Tags{restorecheck.TagTest: "1"}
	fake := (&automationtest.Server{}).Start(t)
	restore := func(kind restorecheck.Kind, source, restored string, bytes int64) string {
		id := fmt.Sprintf("restore-%d", len(fake.Restores))
		fake.Restores = append(fake.Restores, &automationtest.Restore{
			ID: id, Kind: string(kind), Status: "COMPLETED", Plan: plan, Point: "arn:aws:backup:ap-south-1:123456789012:recovery-point:" + id,
			Source: source, Restored: restored, Bytes: bytes, Taken: time.Now().Add(time.Hour), Tags: map[string]string{automation.TagEnvironment: "prod"},
		})
		return id
	}
	f := restorecheck.Function{
		Cloud:       &restorecheck.AWS{Backup: backup.NewFromConfig(fake.Config()), EC2: machines, RDS: databases, S3: objects, Sample: 5},
		Environment: "prod", Plans: "kestrel_prod_restore-", Key: key, Log: slog.New(slog.DiscardHandler),
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	// judge expects a verdict, and the check that fails when there is one.
	judge := func(t *testing.T, id, failed string) {
		t.Helper()
		var e restorecheck.Event
		e.Detail.Job = id
		r, err := f.Run(ctx, e)
		if err != nil {
			t.Fatal(err)
		}
		var bad []string
		for _, c := range r.Checks {
			if !c.Fine {
				bad = append(bad, c.Name)
			}
		}
		status := map[bool]string{true: "SUCCESSFUL", false: "FAILED"}[failed == ""]
		told := fake.Changes()
		if strings.Join(bad, " ") != failed || r.Status != status || !strings.HasPrefix(told[len(told)-1], "PutRestoreValidationResult "+id+" "+status) {
			t.Errorf("%s, failed %v, told %s", r.Status, bad, told[len(told)-1])
		}
	}
	volume := func(t *testing.T, size int32, key string, tags automation.Tags) string {
		t.Helper()
		in := &ec2.CreateVolumeInput{AvailabilityZone: aws.String("ap-south-1a"), Size: &size, TagSpecifications: specifications(types.ResourceTypeVolume, tags)}
		if key != "" {
			in.Encrypted, in.KmsKeyId = aws.Bool(true), &key
		}
		v, err := machines.CreateVolume(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return "arn:aws:ec2:ap-south-1:123456789012:volume/" + aws.ToString(v.VolumeId)
	}

	t.Run("volume", func(t *testing.T) {
		source := volume(t, 8, key, automation.Tags{automation.TagEnvironment: "prod"})
		judge(t, restore(restorecheck.Volume, source, volume(t, 8, key, tested), 8*gib), "")
		judge(t, restore(restorecheck.Volume, source, volume(t, 8, key, tested), 0), "") // by the size of the source
		judge(t, restore(restorecheck.Volume, source, volume(t, 7, key, tested), 0), "size")
		judge(t, restore(restorecheck.Volume, source, volume(t, 8, theirs, tested), 8*gib), "encryption")
		judge(t, restore(restorecheck.Volume, source, volume(t, 8, "", automation.Tags{"x": "y"}), 8*gib), "tags encryption")
		judge(t, restore(restorecheck.Volume, source, "arn:aws:ec2:ap-south-1:123456789012:volume/vol-0123456789abcdef0", 8*gib), "exists")
	})

	t.Run("machine", func(t *testing.T) {
		images, err := machines.DescribeImages(ctx, &ec2.DescribeImagesInput{MaxResults: aws.Int32(5)})
		if err != nil {
			t.Fatal(err)
		}
		r, err := machines.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: images.Images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), TagSpecifications: specifications(types.ResourceTypeInstance, tested),
			BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/sda1"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(8), Encrypted: aws.Bool(true), KmsKeyId: aws.String(key)}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		id := aws.ToString(r.Instances[0].InstanceId)
		// Moto gives every machine a public address: that alone is wrong.
		arn := "arn:aws:ec2:ap-south-1:123456789012:instance/" + id
		judge(t, restore(restorecheck.Machine, "", arn, 8*gib), "private")
		if _, err := machines.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}); err != nil {
			t.Fatal(err)
		}
		judge(t, restore(restorecheck.Machine, "", arn, 9*gib), "state size")
	})

	t.Run("database", func(t *testing.T) {
		database := func(name string, encrypted bool) string {
			in := &rds.CreateDBInstanceInput{
				DBInstanceIdentifier: &name, Engine: aws.String("postgres"), DBInstanceClass: aws.String("db.t3.medium"), AllocatedStorage: aws.Int32(20), MasterUsername: aws.String("platform"), MasterUserPassword: aws.String("not-a-secret-1"),
				StorageEncrypted: &encrypted, PubliclyAccessible: aws.Bool(false), Tags: []rdstypes.Tag{{Key: aws.String(restorecheck.TagTest), Value: aws.String("1")}},
			}
			if encrypted {
				in.KmsKeyId = aws.String(key)
			}
			d, err := databases.CreateDBInstance(ctx, in)
			if err != nil {
				t.Fatal(err)
			}
			return aws.ToString(d.DBInstance.DBInstanceArn)
		}
		good, plain := database("good", true), database("plain", false)
		judge(t, restore(restorecheck.Database, good, good, 20*gib), "")
		judge(t, restore(restorecheck.Database, good, plain, 21*gib), "encryption size")
		judge(t, restore(restorecheck.Database, good, good+"-gone", 20*gib), "exists")
	})

	t.Run("bucket", func(t *testing.T) {
		bucket := func(name string, things map[string]string, key string) string {
			if _, err := objects.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "ap-south-1"}}); err != nil {
				t.Fatal(err)
			}
			if _, err := objects.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, Tagging: &s3types.Tagging{TagSet: []s3types.Tag{{Key: aws.String(restorecheck.TagTest), Value: aws.String("1")}}}}); err != nil {
				t.Fatal(err)
			}
			if _, err := objects.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &name, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
				BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
			}}); err != nil {
				t.Fatal(err)
			}
			for object, text := range things {
				if _, err := objects.PutObject(ctx, &s3.PutObjectInput{
					Bucket: &name, Key: &object, Body: bytes.NewReader([]byte(text)), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: &key, ChecksumAlgorithm: s3types.ChecksumAlgorithmSha256,
				}); err != nil {
					t.Fatal(err)
				}
			}
			return "arn:aws:s3:::" + name
		}
		things := map[string]string{}
		for i := range 12 {
			things[fmt.Sprintf("invoice-%02d", i)] = strings.Repeat("line\n", i+1)
		}
		source := bucket("kestrel-prod-documents", things, key)
		judge(t, restore(restorecheck.Bucket, source, bucket("awsbackup-restore-test-good", things, key), gib), "")
		judge(t, restore(restorecheck.Bucket, source, bucket("awsbackup-restore-test-theirs", things, theirs), gib), "encryption")
		judge(t, restore(restorecheck.Bucket, source, bucket("awsbackup-restore-test-empty", nil, key), gib), "objects")
		things["invoice-11"] = strings.Repeat("lime\n", 12) // as long, and another
		judge(t, restore(restorecheck.Bucket, source, bucket("awsbackup-restore-test-other", things, key), gib), "objects")
		things["invoice-11"] = "cut"
		judge(t, restore(restorecheck.Bucket, source, bucket("awsbackup-restore-test-cut", things, key), gib), "objects")
		judge(t, restore(restorecheck.Bucket, source, "arn:aws:s3:::awsbackup-restore-test-gone", gib), "exists")
	})
}
