package gateway

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"paddock.dev/internal/cluster/gateway/accesslog"
	"paddock.dev/internal/cluster/gateway/figures"
)

// metrics are the gateway's Prometheus metrics.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	dropped  prometheus.CounterFunc // nil without access log
}

func newMetrics(lines *accesslog.Writer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "paddock_gateway_requests_total",
			Help: "Requests by backend and class of the answer; class none had no answer.",
		}, []string{"namespace", "service", "release", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "paddock_gateway_request_duration_seconds",
			Help:    "Time from the first byte of the request to the last byte of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"namespace", "service", "release"}),
	}
	if lines != nil {
		m.dropped = prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "paddock_gateway_access_log_dropped_total",
			Help: "Access log lines that were lost because the log was too slow or failed.",
		}, func() float64 { return float64(lines.Dropped()) })
	}
	return m
}

// Describe and Collect make metrics a prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	m.requests.Describe(ch)
	m.duration.Describe(ch)
	if m.dropped != nil {
		m.dropped.Describe(ch)
	}
}

// Collect sends the current values.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.requests.Collect(ch)
	m.duration.Collect(ch)
	if m.dropped != nil {
		m.dropped.Collect(ch)
	}
}

// meter counts the requests of one backend; its parts are looked up once.
type meter struct {
	series   *figures.Series
	class    [6]prometheus.Counter // by hundreds of the status, 0 for none
	duration prometheus.Observer
	last     atomic.Int64 // unix time of the last request
}

func (m *metrics) meter(k routingKey, series *figures.Series) *meter {
	out := &meter{series: series, duration: m.duration.WithLabelValues(k.namespace, k.service, k.release)}
	for i := range out.class {
		code := "none"
		if i > 0 {
			code = strconv.Itoa(i) + "xx"
		}
		out.class[i] = m.requests.WithLabelValues(k.namespace, k.service, k.release, code)
	}
	return out
}

func (m *metrics) forget(k routingKey) {
	labels := prometheus.Labels{"namespace": k.namespace, "service": k.service, "release": k.release}
	m.requests.DeletePartialMatch(labels)
	m.duration.DeletePartialMatch(labels)
}

// record counts a request; status 0 means that the backend did not answer.
func (m *meter) record(now time.Time, took time.Duration, status int, failed bool) {
	m.series.Record(now, took, failed)
	class := status / 100
	if class < 0 || class > 5 {
		class = 5
	}
	m.class[class].Inc()
	m.duration.Observe(took.Seconds())
	m.last.Store(now.Unix())
}

func (m *meter) idleSince(t time.Time) bool { return m.last.Load() < t.Unix() }
