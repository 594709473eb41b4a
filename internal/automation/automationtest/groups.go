package automationtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

const arn = "arn:aws:eks:ap-south-1:111111111111:"

func (g *Group) arn() string { return arn + "nodegroup/" + g.Cluster + "/" + g.Name + "/0" }

// eks answers EKS's REST.
func (s *Server) eks(w http.ResponseWriter, r *http.Request, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	answer := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	if rest, ok := strings.CutPrefix(r.URL.Path, "/tags/"); ok && r.Method == http.MethodPost {
		var in struct{ Tags map[string]string }
		if err := json.Unmarshal(body, &in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		for _, g := range s.NodeGroups {
			if g.arn() == rest {
				for _, k := range sortedKeys(in.Tags) {
					s.changed("TagResource %s %s=%s", g.Name, k, in.Tags[k])
					g.Tags[k] = in.Tags[k]
				}
			}
		}
		answer(map[string]any{})
		return
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(path) == 1:
		names := []string{}
		for name := range s.Clusters {
			names = append(names, name)
		}
		slices.Sort(names)
		answer(map[string]any{"clusters": names})
	case len(path) == 2:
		answer(map[string]any{"cluster": map[string]any{"name": path[1], "arn": arn + "cluster/" + path[1], "tags": s.Clusters[path[1]]}})
	case len(path) == 3:
		names := []string{}
		for _, g := range s.NodeGroups {
			if g.Cluster == path[1] {
				names = append(names, g.Name)
			}
		}
		answer(map[string]any{"nodegroups": names})
	default:
		i := slices.IndexFunc(s.NodeGroups, func(g *Group) bool { return g.Cluster == path[1] && g.Name == path[3] })
		if i < 0 {
			http.Error(w, `{"message":"no such node group"}`, http.StatusNotFound)
			return
		}
		g := s.NodeGroups[i]
		if r.Method == http.MethodPost {
			var in struct {
				ScalingConfig struct{ MinSize, DesiredSize, MaxSize int }
			}
			if err := json.Unmarshal(body, &in); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			c := in.ScalingConfig
			// What EKS says of sizes that it does not take.
			if c.MaxSize < 1 || c.MinSize > c.DesiredSize || c.DesiredSize > c.MaxSize {
				w.Header().Set("X-Amzn-Errortype", "InvalidParameterException")
				http.Error(w, `{"message":"desired capacity is outside of min and max, or max is not positive"}`, http.StatusBadRequest)
				return
			}
			g.Min, g.Desired, g.Max = c.MinSize, c.DesiredSize, c.MaxSize
			s.changed("UpdateNodegroupConfig %s %d/%d/%d", g.Name, g.Min, g.Desired, g.Max)
			answer(map[string]any{"update": map[string]any{"id": "0", "status": "InProgress"}})
			return
		}
		answer(map[string]any{"nodegroup": map[string]any{
			"clusterName": g.Cluster, "nodegroupName": g.Name, "nodegroupArn": g.arn(), "status": "ACTIVE", "tags": g.Tags,
			"scalingConfig": map[string]int{"minSize": g.Min, "desiredSize": g.Desired, "maxSize": g.Max},
		}})
	}
}

func (s *Server) autoscaling(action string, form url.Values) string {
	result := func(children ...string) string {
		return node(action+"Response", node(action+"Result", children...), node("ResponseMetadata", node("RequestId", "0")))
	}
	switch action {
	case "DescribeAutoScalingGroups":
		by := map[string][]string{}
		for i := 1; form.Has(fmt.Sprintf("Filters.member.%d.Name", i)); i++ {
			by[form.Get(fmt.Sprintf("Filters.member.%d.Name", i))] = numbered(form, fmt.Sprintf("Filters.member.%d.Values.member", i))
		}
		list := ""
		for _, g := range s.Fleets {
			if !matches(by, g.Tags, "") {
				continue
			}
			tags := ""
			for _, k := range sortedKeys(g.Tags) {
				tags += node("member", node("ResourceId", g.Name), node("Key", text(k)), node("Value", text(g.Tags[k])))
			}
			list += node("member", node("AutoScalingGroupName", g.Name), node("MinSize", strconv.Itoa(g.Min)), node("DesiredCapacity", strconv.Itoa(g.Desired)), node("MaxSize", strconv.Itoa(g.Max)), node("Tags", tags))
		}
		return result(node("AutoScalingGroups", list))
	case "CreateOrUpdateTags":
		key, value := form.Get("Tags.member.1.Key"), form.Get("Tags.member.1.Value")
		for _, g := range s.Fleets {
			if g.Name == form.Get("Tags.member.1.ResourceId") {
				g.Tags[key] = value
				s.changed("CreateOrUpdateTags %s %s=%s", g.Name, key, value)
			}
		}
		return result()
	case "UpdateAutoScalingGroup":
		for _, g := range s.Fleets {
			if g.Name == form.Get("AutoScalingGroupName") {
				g.Min, _ = strconv.Atoi(form.Get("MinSize"))
				g.Desired, _ = strconv.Atoi(form.Get("DesiredCapacity"))
				g.Max, _ = strconv.Atoi(form.Get("MaxSize"))
				s.changed("UpdateAutoScalingGroup %s %d/%d/%d", g.Name, g.Min, g.Desired, g.Max)
			}
		}
		return result()
	}
	return ""
}

func (s *Server) iam(action string, form url.Values) string {
	result := func(children ...string) string {
		return node(action+"Response", node(action+"Result", append(children, node("IsTruncated", "false"))...), node("ResponseMetadata", node("RequestId", "0")))
	}
	list := ""
	switch action {
	case "ListUsers":
		for _, u := range s.Users {
			list += node("member", node("UserName", text(u.Name)))
		}
		return result(node("Users", list))
	case "ListAccessKeys":
		for _, u := range s.Users {
			if u.Name == form.Get("UserName") {
				list += node("member", node("UserName", text(u.Name)), node("AccessKeyId", u.Key), node("Status", "Active"), node("CreateDate", u.Created.UTC().Format(time.RFC3339)))
			}
		}
		return result(node("AccessKeyMetadata", list))
	case "GetAccessKeyLastUsed":
		used := ""
		for _, u := range s.Users {
			if u.Key == form.Get("AccessKeyId") && !u.Used.IsZero() {
				used = node("LastUsedDate", u.Used.UTC().Format(time.RFC3339))
			}
		}
		return result(node("AccessKeyLastUsed", used, node("Region", "ap-south-1"), node("ServiceName", "s3")))
	}
	return ""
}

// cloudwatch answers GetMetricData in CBOR ("Smithy RPC v2 CBOR protocol").
func (s *Server) cloudwatch(w http.ResponseWriter, r *http.Request, body []byte) {
	v, err := cbor.Decode(body)
	in, ok := v.(cbor.Map)
	if err != nil || !ok || !strings.HasSuffix(r.URL.Path, "/operation/GetMetricData") {
		http.Error(w, "the fake does not know "+r.URL.Path, http.StatusNotImplemented)
		return
	}
	results := cbor.List{}
	queries, _ := in["MetricDataQueries"].(cbor.List)
	for _, q := range queries {
		query, _ := q.(cbor.Map)
		stat, _ := query["MetricStat"].(cbor.Map)
		metric, _ := stat["Metric"].(cbor.Map)
		dimensions, _ := metric["Dimensions"].(cbor.List)
		values := cbor.List{}
		for _, d := range dimensions {
			dimension, _ := d.(cbor.Map)
			id, _ := dimension["Value"].(cbor.String)
			if i := s.instance(string(id)); i != nil {
				for _, cpu := range i.CPU {
					values = append(values, cbor.Float64(cpu))
				}
			}
		}
		results = append(results, cbor.Map{"Id": query["Id"], "StatusCode": cbor.String("Complete"), "Values": values})
	}
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	_, _ = w.Write(cbor.Encode(cbor.Map{"MetricDataResults": results}))
}
