// Package automationtest is AWS as far as the functions ask of it: a server that
// speaks the wire protocols of EC2 and Auto Scaling (query), EKS (REST), IAM
// (query), Certificate Manager and Secrets Manager (JSON) and CloudWatch (CBOR)
// over state in memory, and of AWS Backup (REST). It knows the shape of requests and answers, and refuses
// to know what the functions make of them. It is for tests alone.
package automationtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Instance is one machine.
type Instance struct {
	ID, Type, State string
	Tags            map[string]string
	// Checks that are passed; a machine that starts gets well one look later.
	Well bool
	CPU  []float64
}

// Disk is a volume.
type Disk struct {
	ID, Type, AttachedTo string
	GiB                  int
	Created              time.Time
	Tags                 map[string]string
	// Key is the ARN of the key; empty for a volume that is not encrypted.
	Key string
}

// Snapshot of a volume.
type Snapshot struct {
	ID, Volume string
	GiB        int
	Started    time.Time
	Tags       map[string]string
}

// Address is an elastic address.
type Address struct {
	ID, Association string
	Tags            map[string]string
}

// Group is a node group of a cluster, or an Auto Scaling group.
type Group struct {
	Cluster, Name     string
	Min, Desired, Max int
	Tags              map[string]string
}

// Certificate, User and Secret are what ages.
type (
	Certificate struct {
		Domain string
		Ends   time.Time
		Type   string
	}
	// User with one key.
	User struct {
		Name, Key     string
		Created, Used time.Time
	}
	// Secret by its name.
	Secret struct {
		Name    string
		Changed time.Time
		Rotates bool
	}
)

// Restore is a restore of AWS Backup.
type Restore struct {
	ID, Kind, Status, Plan, Point, Source, Restored string
	Bytes                                           int64
	Taken                                           time.Time
	// Tags of the copy.
	Tags map[string]string
}

// Server is the fake. Fields are set before the first call.
type Server struct {
	Instances    []*Instance
	Disks        []*Disk
	Snapshots    []*Snapshot
	Addresses    []*Address
	Images       map[string]string // snapshots by image
	Clusters     map[string]map[string]string
	NodeGroups   []*Group
	Fleets       []*Group
	Certificates []Certificate
	Users        []User
	Secrets      []Secret
	Restores     []*Restore
	// Deny names actions that are refused as IAM does.
	Deny map[string]bool

	mu    sync.Mutex
	calls []string
	http  *httptest.Server
}

// Start serves until the test ends.
func (s *Server) Start(t testing.TB) *Server {
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	return s
}

// Config points clients at the server.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region: "ap-south-1", BaseEndpoint: aws.String(s.http.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		HTTPClient: s.http.Client(), RetryMaxAttempts: 1,
	}
}

// Changes are the calls that changed something, in their order, each with what
// it changed.
func (s *Server) Changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *Server) changed(format string, args ...any) {
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	switch {
	case strings.Contains(r.URL.Path, "/service/"):
		s.cloudwatch(w, r, body)
	case signedFor(r) == "backup":
		s.backup(w, r, body)
	case strings.HasPrefix(r.URL.Path, "/clusters") || strings.HasPrefix(r.URL.Path, "/tags/"):
		s.eks(w, r, body)
	case r.Header.Get("X-Amz-Target") != "":
		s.json(w, r, body)
	default:
		form, err := url.ParseQuery(string(body))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.query(w, r, form)
	}
}

// signedFor is the service that the request was signed for.
func signedFor(r *http.Request) string {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	parts := strings.Split(scope, "/")
	if len(parts) < 4 {
		return ""
	}
	return parts[3]
}

func (s *Server) query(w http.ResponseWriter, r *http.Request, form url.Values) {
	action := form.Get("Action")
	if s.Deny[action] {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, node("Response", node("Errors", node("Error", node("Code", text("UnauthorizedOperation")), node("Message", text("You are not authorized to perform this operation.")))), node("RequestID", text("0"))))
		return
	}
	var answer string
	switch signedFor(r) {
	case "ec2":
		answer = s.ec2(action, form)
	case "autoscaling":
		answer = s.autoscaling(action, form)
	case "iam":
		answer = s.iam(action, form)
	}
	if answer == "" {
		http.Error(w, "the fake does not know "+signedFor(r)+" "+action, http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprint(w, answer)
}

func (s *Server) json(w http.ResponseWriter, r *http.Request, _ []byte) {
	list := []any{}
	var answer map[string]any
	switch target := r.Header.Get("X-Amz-Target"); target {
	case "CertificateManager.ListCertificates":
		for _, c := range s.Certificates {
			list = append(list, map[string]any{"CertificateArn": "arn:aws:acm:ap-south-1:111111111111:certificate/" + c.Domain, "DomainName": c.Domain, "NotAfter": c.Ends.Unix(), "Type": c.Type})
		}
		answer = map[string]any{"CertificateSummaryList": list}
	case "secretsmanager.ListSecrets":
		for _, c := range s.Secrets {
			list = append(list, map[string]any{"Name": c.Name, "LastChangedDate": c.Changed.Unix(), "CreatedDate": c.Changed.Unix(), "RotationEnabled": c.Rotates})
		}
		answer = map[string]any{"SecretList": list}
	default:
		http.Error(w, "the fake does not know "+target, http.StatusNotImplemented)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer)
}

// numbered are the values of a list in a query: InstanceId.1, InstanceId.2, …
func numbered(form url.Values, name string) []string {
	var all []string
	for i := 1; form.Has(fmt.Sprintf("%s.%d", name, i)); i++ {
		all = append(all, form.Get(fmt.Sprintf("%s.%d", name, i)))
	}
	return all
}

// filters of a query by name.
func filters(form url.Values, prefix, value string) map[string][]string {
	all := map[string][]string{}
	for i := 1; form.Has(fmt.Sprintf("%s.%d.Name", prefix, i)); i++ {
		all[form.Get(fmt.Sprintf("%s.%d.Name", prefix, i))] = numbered(form, fmt.Sprintf("%s.%d.%s", prefix, i, value))
	}
	return all
}

// matches reports whether tags and a state pass the filters.
func matches(by map[string][]string, tags map[string]string, state string) bool {
	for name, values := range by {
		have := state
		if key, ok := strings.CutPrefix(name, "tag:"); ok {
			have = tags[key]
		}
		if !slices.Contains(values, have) {
			return false
		}
	}
	return true
}

// node is an element of an answer.
func node(name string, children ...string) string {
	return "<" + name + ">" + strings.Join(children, "") + "</" + name + ">"
}

var escape = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func text(s string) string { return escape.Replace(s) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
