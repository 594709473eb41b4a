package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket is the objects of an S3 bucket below a prefix, or the one of a key.
type bucket struct {
	client *s3.Client
	name   string
	prefix string
	single bool // prefix is the whole key
}

func openBucket(ctx context.Context, location string) (Store, error) {
	name, prefix, _ := strings.Cut(strings.TrimPrefix(location, "s3://"), "/")
	if name == "" {
		return nil, fmt.Errorf("%s: no bucket; write s3://bucket/prefix", location)
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: AWS settings: %w", location, err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1" // the one that answers for buckets everywhere
	}
	b := &bucket{client: client(cfg), name: name, prefix: prefix}
	first, err := b.first(ctx, prefix)
	if region := elsewhere(err); region != "" && region != cfg.Region {
		cfg.Region = region
		b.client = client(cfg)
		first, err = b.first(ctx, prefix)
	}
	var missing *types.NoSuchBucket
	switch {
	case errors.As(err, &missing):
		return nil, fmt.Errorf("%s: there is no such bucket: %w", location, ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", location, err)
	}
	if raw, ok := strings.CutSuffix(prefix, "*"); ok {
		b.prefix = raw
	} else if prefix != "" && !strings.HasSuffix(prefix, "/") {
		// Keys are listed in order, so the prefix itself would be the first.
		b.single = first == prefix
		if !b.single {
			b.prefix += "/"
		}
	}
	return b, nil
}

func client(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		// Stores other than AWS's have no host name for each bucket.
		o.UsePathStyle = o.BaseEndpoint != nil
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

// first is the first key with a prefix, empty when there is none. It shows
// whether the bucket can be read at all before anybody waits for it.
func (b *bucket) first(ctx context.Context, prefix string) (string, error) {
	out, err := b.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	if err != nil || len(out.Contents) == 0 {
		return "", err
	}
	return aws.ToString(out.Contents[0].Key), nil
}

// elsewhere is the region that S3 names when a bucket is in another one than
// was asked.
func elsewhere(err error) string {
	var r *awshttp.ResponseError
	if !errors.As(err, &r) || r.Response == nil || r.HTTPStatusCode() != http.StatusMovedPermanently {
		return ""
	}
	return r.Response.Header.Get("X-Amz-Bucket-Region")
}

func (b *bucket) url(key string) string { return "s3://" + b.name + "/" + key }

func (b *bucket) List(ctx context.Context) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: &b.prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{Name: b.url(b.prefix)}, fmt.Errorf("%s: listing stopped: %w", b.url(b.prefix), err))
				return
			}
			for _, o := range page.Contents {
				full := aws.ToString(o.Key)
				if b.single && full != b.prefix {
					return
				}
				if strings.HasSuffix(full, "/") && aws.ToInt64(o.Size) == 0 {
					continue // the console's mark for an empty folder
				}
				if !yield(Object{Name: b.url(full), Key: b.key(full), Size: aws.ToInt64(o.Size), Modified: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// key is an object's name below the location; below s3://bucket/a/b* that is
// below a/.
func (b *bucket) key(full string) string {
	return full[strings.LastIndexByte(b.prefix, '/')+1:]
}

func (b *bucket) full(key string) string {
	return b.prefix[:strings.LastIndexByte(b.prefix, '/')+1] + key
}

func (b *bucket) Open(ctx context.Context, key string) (io.ReadCloser, error) {
	d := &download{ctx: ctx, b: b, key: b.full(key)}
	if err := d.get(); err != nil {
		return nil, err
	}
	return d, nil
}

// retries is how often a download is taken up again where it broke off.
const retries = 3

// download is the body of an object. A connection that breaks costs a second
// request from there on, not the whole file.
type download struct {
	ctx   context.Context
	b     *bucket
	key   string
	etag  *string
	body  io.ReadCloser
	meta  map[string]string
	at    int64
	tried int
}

func (d *download) get() error {
	in := &s3.GetObjectInput{Bucket: &d.b.name, Key: &d.key, IfMatch: d.etag}
	if d.at > 0 {
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", d.at))
	}
	out, err := d.b.client.GetObject(d.ctx, in)
	if err != nil {
		var missing *types.NoSuchKey
		if errors.As(err, &missing) {
			return fmt.Errorf("%s: %w", d.b.url(d.key), ErrNotFound)
		}
		return fmt.Errorf("%s: %w", d.b.url(d.key), err)
	}
	d.body, d.etag, d.meta = out.Body, out.ETag, out.Metadata
	return nil
}

func (d *download) Read(p []byte) (int, error) {
	for {
		n, err := d.body.Read(p)
		d.at += int64(n)
		if n > 0 && err != nil && !errors.Is(err, io.EOF) {
			return n, nil // the next read meets the error again
		}
		if err == nil || errors.Is(err, io.EOF) {
			return n, err
		}
		if d.ctx.Err() != nil || d.tried == retries || d.etag == nil {
			return n, fmt.Errorf("%s: after %d bytes: %w", d.b.url(d.key), d.at, err)
		}
		d.tried++
		broken := d.body
		if again := d.get(); again != nil {
			return n, fmt.Errorf("%s: after %d bytes: %w", d.b.url(d.key), d.at, err)
		}
		_ = broken.Close()
	}
}

// Metadata is what was stored beside the object, x-amz-meta-NAME by name.
func (d *download) Metadata() map[string]string { return d.meta }

func (d *download) Close() error { return d.body.Close() }
