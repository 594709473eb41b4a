package automation_test

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"paddock.dev/internal/automation"
	"paddock.dev/internal/automation/cleanup"
	"paddock.dev/internal/automation/expiry"
	"paddock.dev/internal/automation/offhours"
)

// moto is a fake of AWS that others wrote: what it and our own agree on is not
// our own misunderstanding. MOTO_ENDPOINT names one that runs; otherwise
// moto_server is started.
func moto(t *testing.T) aws.Config {
	t.Helper()
	endpoint := os.Getenv("MOTO_ENDPOINT")
	if endpoint == "" {
		path, err := exec.LookPath("moto_server")
		if err != nil {
			if os.Getenv("PADDOCK_TEST_ALL") != "" {
				t.Fatal("moto_server is not on PATH, and all tests are asked for: pip install 'moto[server]==5.2.1'")
			}
			t.Skip("moto_server is not on PATH")
		}
		endpoint = startMoto(t, path)
	}
	return aws.Config{Region: "ap-south-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("testing", "testing", ""), RetryMaxAttempts: 1}
}

func startMoto(t *testing.T, path string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-H", "127.0.0.1", "-p", port)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	for {
		r, err := http.Get("http://" + address + "/moto-api/data.json")
		if err == nil {
			_ = r.Body.Close()
			return "http://" + address
		}
		select {
		case <-read:
			t.Fatalf("moto_server ended: %v", err)
		case <-t.Context().Done():
			t.Fatal("moto_server does not answer")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func specifications(kind types.ResourceType, tags automation.Tags) []types.TagSpecification {
	s := types.TagSpecification{ResourceType: kind}
	for k, v := range tags {
		s.Tags = append(s.Tags, types.Tag{Key: &k, Value: &v})
	}
	return []types.TagSpecification{s}
}

func TestAgainstMoto(t *testing.T) {
	cfg := moto(t)
	ctx := t.Context()
	client := ec2.NewFromConfig(cfg)
	scope := automation.Scope{Platform: "kestrel", Environment: "dev", Production: []string{"prod"}}
	var log bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	wet := false

	images, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{MaxResults: aws.Int32(5)})
	if err != nil || len(images.Images) == 0 {
		t.Fatalf("%d images: %v", len(images.Images), err)
	}
	run := func(tags automation.Tags) string {
		r, err := client.RunInstances(ctx, &ec2.RunInstancesInput{
			ImageId: images.Images[0].ImageId, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: types.InstanceTypeM6iLarge, TagSpecifications: specifications(types.ResourceTypeInstance, tags),
		})
		if err != nil {
			t.Fatal(err)
		}
		return aws.ToString(r.Instances[0].InstanceId)
	}
	broker := run(automation.Tags{"paddock:env": "dev", "paddock:store": "kafka", "paddock:role": "broker"})
	member := run(automation.Tags{"paddock:env": "dev", "paddock:store": "mongo", "paddock:role": "member"})
	prod := run(automation.Tags{"paddock:env": "prod", "paddock:store": "mongo", "paddock:role": "member"})

	t.Run("off-hours", func(t *testing.T) {
		f := offhours.Function{
			Scope: scope, Waves: [][]string{{"mongo"}, {"kafka"}}, Log: logger, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
			Cloud: &offhours.AWS{Environment: "dev", EC2: client, EKS: eks.NewFromConfig(cfg), AutoScaling: autoscaling.NewFromConfig(cfg)},
		}
		for _, step := range []struct{ action, state string }{{"stop", "stopped"}, {"start", "running"}} {
			if r, err := f.Run(ctx, offhours.Request{Action: step.action, DryRun: &wet}); err != nil || r.Actions != 2 {
				t.Fatalf("%s: %+v, %v", step.action, r, err)
			}
			states, err := (&offhours.AWS{EC2: client}).States(ctx, []string{broker, member, prod})
			if err != nil || states[broker].Name != step.state || states[member].Name != step.state || states[prod].Name != "running" {
				t.Errorf("after %s: %v, %v", step.action, states, err)
			}
		}
	})

	t.Run("cleanup", func(t *testing.T) {
		volume := func(tags automation.Tags) string {
			v, err := client.CreateVolume(ctx, &ec2.CreateVolumeInput{AvailabilityZone: aws.String("ap-south-1a"), Size: aws.Int32(10), TagSpecifications: specifications(types.ResourceTypeVolume, tags)})
			if err != nil {
				t.Fatal(err)
			}
			return aws.ToString(v.VolumeId)
		}
		lost := volume(automation.Tags{"paddock:env": "dev"})
		theirs := volume(automation.Tags{"paddock:env": "prod", cleanup.TagSince: "2020-01-01"})
		address, err := client.AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc, TagSpecifications: specifications(types.ResourceTypeElasticIp, automation.Tags{"paddock:env": "dev"})})
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		f := cleanup.Function{Scope: scope, Grace: 30 * 24 * time.Hour, Cloud: &cleanup.AWS{EC2: client}, Log: logger, Now: func() time.Time { return now }}
		there := func() []string {
			things, err := f.Cloud.Things(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, x := range things {
				ids = append(ids, x.ID)
			}
			return ids
		}
		for _, days := range []int{2, 31, 33} {
			now = time.Now().AddDate(0, 0, days)
			if _, err := f.Run(ctx, cleanup.Request{DryRun: &wet, Delete: true}); err != nil {
				t.Fatal(err)
			}
			ids := there()
			for id, want := range map[string]bool{lost: days < 33, aws.ToString(address.AllocationId): days < 33, theirs: true} {
				if slices.Contains(ids, id) != want {
					t.Errorf("after %d days %s is there: %v", days, id, !want)
				}
			}
		}
	})

	t.Run("expiry", func(t *testing.T) {
		users := iam.NewFromConfig(cfg)
		if _, err := users.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("legacy")}); err != nil {
			t.Fatal(err)
		}
		if _, err := users.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("legacy")}); err != nil {
			t.Fatal(err)
		}
		secrets := secretsmanager.NewFromConfig(cfg)
		if _, err := secrets.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("kestrel/dev/psp"), SecretString: aws.String("s")}); err != nil {
			t.Fatal(err)
		}
		f := expiry.Function{
			Cloud: &expiry.AWS{ACM: acm.NewFromConfig(cfg), IAM: users, Secrets: secrets}, Log: logger,
			Now: func() time.Time { return time.Now().AddDate(1, 0, 0) },
		}
		r, err := f.Run(ctx)
		if err != nil || len(r.Findings) != 2 || r.Findings[0].Kind != expiry.AccessKey || r.Findings[1].Kind != expiry.Secret {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
