package trail

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// StandIn answers on loopback what the verifier and the AWS CLI ask of S3, of
// CloudTrail, of STS and of Organizations. Point AWS_ENDPOINT_URL at its URL.
type StandIn struct {
	*httptest.Server
	backend *s3mem.Backend
	// Keys is the answer of ListPublicKeys.
	Keys []byte
	// Trails are those that DescribeTrails knows.
	Trails []map[string]any
	// Organization is the o-id, if there is one.
	Organization string
}

// NewStandIn starts one; Close ends it.
func NewStandIn() *StandIn {
	s := &StandIn{backend: s3mem.New()}
	s3 := gofakes3.New(s.backend).Server()
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if target := r.Header.Get("X-Amz-Target"); target != "" {
			s.call(w, target[strings.LastIndexByte(target, '.')+1:])
			return
		}
		if r.Method == http.MethodPost && r.URL.Path == "/" {
			_, _ = fmt.Fprint(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/asha</Arn><UserId>AIDA</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>`)
			return
		}
		s3.ServeHTTP(&lowerMetadata{ResponseWriter: w}, r)
	}))
	return s
}

// lowerMetadata writes the names of metadata as S3 does, in small letters: the
// AWS CLI tells them apart.
type lowerMetadata struct {
	http.ResponseWriter
	begun bool
}

func (w *lowerMetadata) WriteHeader(status int) {
	h := w.Header()
	for name, values := range h {
		if strings.HasPrefix(name, "X-Amz-Meta-") {
			delete(h, name)
			h[strings.ToLower(name)] = values
		}
	}
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *lowerMetadata) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// call answers the services that speak JSON.
func (s *StandIn) call(w http.ResponseWriter, operation string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	var answer any
	switch operation {
	case "ListPublicKeys":
		// This protocol tells times in seconds.
		var keys struct{ PublicKeyList []map[string]any }
		if err := json.Unmarshal(s.Keys, &keys); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		for _, k := range keys.PublicKeyList {
			delete(k, "ValidityStartTime")
			delete(k, "ValidityEndTime")
		}
		answer = keys
	case "DescribeTrails":
		answer = map[string]any{"trailList": s.Trails}
	case "DescribeOrganization":
		answer = map[string]any{"Organization": map[string]any{"Id": s.Organization}}
	default:
		w.WriteHeader(http.StatusBadRequest)
		answer = map[string]any{"__type": "InvalidAction", "message": operation}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// Put stores objects in a bucket, which it makes.
func (s *StandIn) Put(bucket string, objects map[string]*Object) error {
	if err := s.backend.CreateBucket(bucket); err != nil {
		return err
	}
	for key, o := range objects {
		meta := map[string]string{}
		for name, value := range o.Metadata {
			meta["X-Amz-Meta-"+http.CanonicalHeaderKey(name)] = value
		}
		if _, err := s.backend.PutObject(bucket, key, meta, bytes.NewReader(o.Body), int64(len(o.Body)), nil); err != nil {
			return err
		}
	}
	return nil
}

// ARN of the trail.
func (s Shape) ARN() string {
	return "arn:aws:cloudtrail:" + s.Home + ":" + s.Account + ":trail/" + s.Name
}

// Serve puts a trail into its bucket and announces it.
func (s *StandIn) Serve(t *Trail) error {
	s.Keys, s.Organization = t.key.KeyList(), t.Organization
	s.Trails = append(s.Trails, map[string]any{
		"TrailARN": t.ARN(), "Name": t.Name, "S3BucketName": t.Bucket, "S3KeyPrefix": t.Prefix,
		"HomeRegion": t.Home, "IsOrganizationTrail": t.Organization != "", "LogFileValidationEnabled": true,
	})
	return s.Put(t.Bucket, t.Objects)
}
