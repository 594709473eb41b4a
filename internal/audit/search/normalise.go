package search

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"paddock.dev/internal/audit/search/fields"
)

// Records that belong to the logs and are no events.
var (
	ErrDigest = errors.New("a digest file proves log files and has no events")
	ErrStage  = errors.New("the beginning of a request; its end is logged too")
)

// normaliser makes events of records. It keeps the texts that come again and
// again, so that a million events do not hold a million copies of a region.
type normaliser struct {
	texts map[string]string
}

// maxTexts bounds the texts kept; when there are more they are begun anew.
const maxTexts = 1 << 16

func (n *normaliser) text(v fields.Value) string {
	inner, ok := v.Simple()
	if !ok {
		return v.Text()
	}
	return n.intern(inner)
}

func (n *normaliser) intern(b []byte) string {
	if known, ok := n.texts[string(b)]; ok {
		return known
	}
	if len(n.texts) >= maxTexts || n.texts == nil {
		n.texts = map[string]string{}
	}
	s := string(b)
	n.texts[s] = s
	return s
}

// event reads one record of any kind of log.
func (n *normaliser) event(record fields.Value) (Event, error) {
	if !record.IsObject() {
		return Event{}, errors.New("not an audit event: a record is an object")
	}
	t := topOf(record)
	switch {
	case t.eventName != nil && t.eventSource != nil:
		return n.cloudTrail(record, &t)
	case t.cloudTrailEvent.IsString():
		inner := t.cloudTrailEvent.Embedded()
		if !inner.IsObject() {
			return Event{}, errors.New("its CloudTrailEvent is not the JSON text of an event")
		}
		return n.event(inner)
	case t.auditID != nil || t.stage != nil && t.verb != nil:
		return n.kubernetes(record, &t)
	case t.digestBucket != nil:
		return Event{}, ErrDigest
	}
	var keys []string
	for key := range record.Members() {
		if keys = append(keys, key.Text()); len(keys) == 5 {
			break
		}
	}
	return Event{}, fmt.Errorf("not an audit event: it has neither eventName and eventSource, as CloudTrail writes, nor auditID, as Kubernetes does (its keys: %s)", strings.Join(keys, ", "))
}

// top are the members of a record that decide and fill an event.
type top struct {
	// CloudTrail
	eventTime, eventSource, eventName, region, address, agent, errorCode, errorMessage fields.Value
	identity, request, response, additional, resources, eventID, recipient, readOnly   fields.Value
	cloudTrailEvent, digestBucket                                                      fields.Value
	// Kubernetes
	apiVersion, auditID, stage, verb, user, impersonated, sourceIPs, uri, objectRef   fields.Value
	status, received, timestamp, stageTimestamp, metadata, annotations, requestObject fields.Value
}

func topOf(record fields.Value) (t top) {
	for key, v := range record.Members() {
		switch string(key[1 : len(key)-1]) {
		case "eventTime":
			t.eventTime = v
		case "eventSource":
			t.eventSource = v
		case "eventName":
			t.eventName = v
		case "awsRegion":
			t.region = v
		case "sourceIPAddress":
			t.address = v
		case "userAgent":
			t.agent = v
		case "errorCode":
			t.errorCode = v
		case "errorMessage":
			t.errorMessage = v
		case "userIdentity":
			t.identity = v
		case "requestParameters":
			t.request = v
		case "responseElements":
			t.response = v
		case "additionalEventData":
			t.additional = v
		case "resources":
			t.resources = v
		case "eventID":
			t.eventID = v
		case "recipientAccountId":
			t.recipient = v
		case "readOnly":
			t.readOnly = v
		case "CloudTrailEvent":
			t.cloudTrailEvent = v
		case "digestS3Bucket":
			t.digestBucket = v
		case "apiVersion":
			t.apiVersion = v
		case "auditID":
			t.auditID = v
		case "stage":
			t.stage = v
		case "verb":
			t.verb = v
		case "user":
			t.user = v
		case "impersonatedUser":
			t.impersonated = v
		case "sourceIPs":
			t.sourceIPs = v
		case "requestURI":
			t.uri = v
		case "objectRef":
			t.objectRef = v
		case "responseStatus":
			t.status = v
		case "requestReceivedTimestamp":
			t.received = v
		case "timestamp":
			t.timestamp = v
		case "stageTimestamp":
			t.stageTimestamp = v
		case "metadata":
			t.metadata = v
		case "annotations":
			t.annotations = v
		case "requestObject":
			t.requestObject = v
		}
	}
	return t
}

// when reads the first of the times that there is.
func when(candidates ...fields.Value) (time.Time, error) {
	for _, v := range candidates {
		if !v.Exists() {
			continue
		}
		text, ok := v.Simple()
		if !ok {
			text = []byte(v.Text())
		}
		t, err := time.Parse(time.RFC3339Nano, string(text))
		if err != nil {
			return time.Time{}, fmt.Errorf("its time %q is not a time such as 2026-11-02T09:00:00Z", v.Text())
		}
		return t.UTC(), nil
	}
	return time.Time{}, errors.New("it has no time")
}
