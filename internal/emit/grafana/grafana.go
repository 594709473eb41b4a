// Package grafana writes dashboards and their provisioning. Dashboards have
// stable uids that follow from names, so that links and bookmarks outlive every
// render. It knows Grafana's JSON and refuses to know what is worth a panel.
package grafana

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

type object = map[string]any

// Dashboard is one page.
type Dashboard struct {
	UID, Title string
	Tags       []string
	// CloudWatch means that the panels ask CloudWatch and not Prometheus.
	CloudWatch bool
	Rows       []Row
	Links      []Link
}

// Row is panels under a title.
type Row struct {
	Title  string
	Panels []Panel
}

// Link leads elsewhere.
type Link struct{ Title, URL string }

// Kind of a panel.
type Kind string

// The kinds.
const (
	Lines Kind = "timeseries"
	Stat  Kind = "stat"
	Table Kind = "table"
)

// Panel is one picture.
type Panel struct {
	Title string
	Kind  Kind
	// Unit as Grafana names it: s, reqps, percentunit, bytes, short.
	Unit string
	// Width of 24.
	Width   int
	Queries []Query
	// Bounds colour what is beyond: the first is a warning, the second bad.
	Bounds []float64
	// Low means that less is worse.
	Low bool
	// Note is shown behind the i.
	Note string
}

// Query is PromQL, or a CloudWatch metric.
type Query struct {
	Expr, Legend string
	Metric       *Metric
}

// Metric of CloudWatch. Some are in one region for all of the world.
type Metric struct {
	Namespace, Name, Statistic, Region string
	Dimensions                         map[string]string
}

// UID is a stable id of at most forty characters.
func UID(name string) string {
	if len(name) <= 40 {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:33] + "-" + hex.EncodeToString(sum[:3])
}

// JSON of a dashboard.
func (d Dashboard) JSON() []byte {
	source := object{"type": "prometheus", "uid": "${source}"}
	kind := "prometheus"
	if d.CloudWatch {
		kind = "cloudwatch"
		source = object{"type": "cloudwatch", "uid": "${source}"}
	}
	panels := []any{}
	id, y := 0, 0
	next := func() int { id++; return id }
	for _, r := range d.Rows {
		panels = append(panels, object{"id": next(), "type": "row", "title": r.Title, "collapsed": false, "panels": []any{}, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1}})
		y++
		x, tall := 0, 0
		for _, p := range r.Panels {
			height := 8
			if p.Kind == Stat {
				height = 4
			}
			width := p.Width
			if width == 0 {
				width = 8
			}
			if x+width > 24 {
				x, y, tall = 0, y+tall, 0
			}
			tall = max(tall, height)
			panels = append(panels, p.json(next(), source, object{"x": x, "y": y, "w": width, "h": height}, d.CloudWatch))
			x += width
		}
		y += tall
	}
	links := []any{}
	for _, l := range d.Links {
		links = append(links, object{"type": "link", "title": l.Title, "url": l.URL, "targetBlank": true, "includeVars": false, "keepTime": true})
	}
	tags := []any{"paddock"}
	for _, t := range d.Tags {
		tags = append(tags, t)
	}
	page := object{
		"uid": d.UID, "title": d.Title, "tags": tags, "editable": false, "schemaVersion": 39, "version": 1, "refresh": "30s", "timezone": "browser",
		"time": object{"from": "now-6h", "to": "now"}, "links": links, "panels": panels, "annotations": object{"list": releases(d.CloudWatch)},
		"templating": object{"list": []any{object{
			"name": "source", "label": "Environment", "type": "datasource", "query": kind, "regex": "/^" + kind + "-/", "hide": 0, "multi": false, "includeAll": false, "current": object{},
		}}},
	}
	data, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		panic(err) // only maps, lists, texts and numbers are written here
	}
	return append(data, '\n')
}

// releases marks when a version began to run.
func releases(cloudWatch bool) []any {
	if cloudWatch {
		return []any{}
	}
	return []any{object{
		"name": "Releases", "enable": true, "iconColor": "blue", "datasource": object{"type": "prometheus", "uid": "${source}"},
		"expr": `count by (service, version) (up{version!=""}) unless count by (service, version) (up{version!=""} offset 2m)`, "titleFormat": "{{service}} {{version}}", "step": "60s",
	}}
}

func (p Panel) json(id int, source, at object, cloudWatch bool) object {
	targets := []any{}
	for i, q := range p.Queries {
		ref := string(rune('A' + i))
		if cloudWatch && q.Metric != nil {
			dimensions := object{}
			for k, v := range q.Metric.Dimensions {
				dimensions[k] = []any{v}
			}
			targets = append(targets, object{
				"refId": ref, "datasource": source, "queryMode": "Metrics", "metricQueryType": 0, "metricEditorMode": 0, "namespace": q.Metric.Namespace, "metricName": q.Metric.Name,
				"statistic": q.Metric.Statistic, "dimensions": dimensions, "matchExact": false, "region": cmp.Or(q.Metric.Region, "default"), "period": "", "label": q.Legend,
			})
			continue
		}
		t := object{"refId": ref, "datasource": source, "expr": q.Expr, "legendFormat": q.Legend}
		if p.Kind == Lines {
			t["range"] = true
		} else {
			t["instant"] = true
		}
		if p.Kind == Table {
			t["format"] = "table"
		}
		targets = append(targets, t)
	}
	steps := []any{object{"color": "green", "value": nil}}
	if p.Low {
		steps = []any{object{"color": "red", "value": nil}}
	}
	colors := []string{"orange", "red"}
	if p.Low {
		colors = []string{"orange", "green"}
	}
	for i, b := range p.Bounds {
		steps = append(steps, object{"color": colors[min(i, 1)], "value": b})
	}
	custom := object{}
	if p.Kind == Lines && len(p.Bounds) > 0 {
		custom["thresholdsStyle"] = object{"mode": "line"}
	}
	return object{
		"id": id, "type": string(p.Kind), "title": p.Title, "description": p.Note, "datasource": source, "gridPos": at, "targets": targets,
		"fieldConfig": object{"defaults": object{"unit": p.Unit, "thresholds": object{"mode": "absolute", "steps": steps}, "custom": custom}, "overrides": []any{}},
		"options":     options(p.Kind),
	}
}

func options(k Kind) object {
	switch k {
	case Stat:
		return object{"colorMode": "background", "graphMode": "area", "reduceOptions": object{"calcs": []any{"lastNotNull"}, "fields": "", "values": false}}
	case Lines:
		return object{"legend": object{"displayMode": "table", "placement": "bottom", "calcs": []any{"lastNotNull", "max"}}, "tooltip": object{"mode": "multi", "sort": "desc"}}
	}
	return object{"showHeader": true}
}
