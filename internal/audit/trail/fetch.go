package trail

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
)

// FetchKeys asks CloudTrail for the public keys of each region in its time
// (ListPublicKeys). Credentials and endpoint come from where every AWS tool
// takes them.
func FetchKeys(ctx context.Context, spans []Span) (Keys, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("AWS settings: %w", err)
	}
	keys := Keys{}
	for _, s := range spans {
		client := cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) { o.Region = s.Region })
		// A key is asked for by the time of signing, which is after the digest's.
		in := &cloudtrail.ListPublicKeysInput{StartTime: aws.Time(s.From.Add(-24 * time.Hour)), EndTime: aws.Time(s.To.Add(keySlack))}
		for {
			out, err := client.ListPublicKeys(ctx, in)
			if err != nil {
				return nil, fmt.Errorf("public keys of %s: %w", s.Region, err)
			}
			for _, k := range out.PublicKeyList {
				if err := keys.Add(aws.ToString(k.Fingerprint), k.Value, aws.ToTime(k.ValidityStartTime), aws.ToTime(k.ValidityEndTime)); err != nil {
					return nil, fmt.Errorf("public keys of %s: %w", s.Region, err)
				}
			}
			if aws.ToString(out.NextToken) == "" {
				break
			}
			in.NextToken = out.NextToken
		}
	}
	return keys, nil
}
