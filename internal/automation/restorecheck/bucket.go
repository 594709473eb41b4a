package restorecheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"paddock.dev/internal/automation"
)

// Objects above this size are read at their beginning only, and compared by
// size and checksum: a function has minutes, not hours.
const readWhole = 64 << 20

// bucket looks at a sample of the objects, spread over the first thousand.
func (a *AWS) bucket(ctx context.Context, j Job) (Thing, error) {
	name, source := lastPart(j.Restored, ":"), lastPart(j.Source, ":")
	list, err := a.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &name})
	if missing(err) {
		return Thing{}, nil
	}
	if err != nil {
		return Thing{}, fmt.Errorf("list %s: %w", name, err)
	}
	t := Thing{Found: true, State: "there", Well: true, Tags: automation.Tags{}}
	tags, err := a.S3.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &name})
	if err != nil && !coded(err, "NoSuchTagSet") {
		return t, fmt.Errorf("tags of %s: %w", name, err)
	}
	if err == nil {
		for _, tag := range tags.TagSet {
			t.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	block, err := a.S3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	switch {
	case coded(err, "NoSuchPublicAccessBlockConfiguration"):
		t.Public = true
	case err != nil:
		return t, fmt.Errorf("public access of %s: %w", name, err)
	default:
		b := block.PublicAccessBlockConfiguration
		t.Public = b == nil || !aws.ToBool(b.BlockPublicAcls) || !aws.ToBool(b.BlockPublicPolicy) || !aws.ToBool(b.IgnorePublicAcls) || !aws.ToBool(b.RestrictPublicBuckets)
	}
	for _, at := range sample(len(list.Contents), cmp.Or(a.Sample, 20)) {
		o, err := a.read(ctx, name, aws.ToString(list.Contents[at].Key), aws.ToInt64(list.Contents[at].Size))
		if err != nil {
			return t, err
		}
		if source != "" {
			if o.Before, err = a.before(ctx, source, o.Name, j); err != nil {
				return t, err
			}
		}
		t.Objects = append(t.Objects, o)
	}
	return t, nil
}

// sample spreads at most n places evenly over size, the first and the last
// among them.
func sample(size, n int) []int {
	n = min(size, n)
	all := make([]int, n)
	for i := range all {
		if n > 1 {
			all[i] = i * (size - 1) / (n - 1)
		}
	}
	return all
}

// read reads an object to its end. The client computes the checksum that S3
// keeps and fails at the end when it is another one. What S3 refuses is a fault
// of the object; a connection that breaks is nobody's verdict.
func (a *AWS) read(ctx context.Context, bucket, key string, size int64) (Object, error) {
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: s3types.ChecksumModeEnabled}
	if size > readWhole {
		in.Range = aws.String(fmt.Sprintf("bytes=0-%d", readWhole-1))
	}
	o := Object{Name: key, Bytes: size}
	out, err := a.S3.GetObject(ctx, in)
	if err != nil {
		var e smithy.APIError
		if errors.As(err, &e) && e.ErrorFault() != smithy.FaultServer {
			o.Fault = e.ErrorCode() + ": " + e.ErrorMessage()
			return o, nil
		}
		return o, fmt.Errorf("read %s of %s: %w", key, bucket, err)
	}
	defer out.Body.Close()
	n, err := io.Copy(io.Discard, out.Body)
	o.Key = aws.ToString(out.SSEKMSKeyId)
	o.Checksum = checksum(out.ChecksumCRC64NVME, out.ChecksumSHA256, out.ChecksumCRC32C, out.ChecksumCRC32, out.ChecksumSHA1, out.ChecksumType)
	switch {
	case ctx.Err() != nil:
		return o, ctx.Err()
	case err != nil:
		o.Fault = err.Error()
	case n != min(size, readWhole):
		o.Fault = fmt.Sprintf("%d bytes instead of %d", n, min(size, readWhole))
	}
	return o, nil
}

// before is the object that was copied, when it is still the one that was
// there when the copy was taken.
func (a *AWS) before(ctx context.Context, bucket, key string, j Job) (*Object, error) {
	out, err := a.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key, ChecksumMode: s3types.ChecksumModeEnabled})
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("head of %s in %s: %w", key, bucket, err)
	}
	if !aws.ToTime(out.LastModified).Before(j.Taken) {
		return nil, nil
	}
	return &Object{
		Name: key, Bytes: aws.ToInt64(out.ContentLength),
		Checksum: checksum(out.ChecksumCRC64NVME, out.ChecksumSHA256, out.ChecksumCRC32C, out.ChecksumCRC32, out.ChecksumSHA1, out.ChecksumType),
	}, nil
}

// checksum is the strongest one that is there. Those of parts are left out: a
// restore may cut an object into other parts.
func checksum(crc64, sha256, crc32c, crc32, sha1 *string, kind s3types.ChecksumType) string {
	if kind == s3types.ChecksumTypeComposite {
		return ""
	}
	for _, c := range []struct {
		name  string
		value *string
	}{{"SHA256", sha256}, {"CRC64NVME", crc64}, {"SHA1", sha1}, {"CRC32C", crc32c}, {"CRC32", crc32}} {
		if c.value != nil {
			return c.name + "=" + *c.value
		}
	}
	return ""
}

func coded(err error, code string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == code
}
