package record

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Event is one change, as its observer knows it.
type Event struct {
	// Key names the change, such as rollout/<uid>/finished. A key that the record
	// has is not recorded again, so that an observer may tell everything it sees
	// after each start. Empty means that this is a change of its own.
	Key string
	// Name is what was done: PromoteRelease.
	Name string
	// By is the person who did it. Service says that By is a part of the platform
	// and no person.
	By      string
	Service bool
	// Why is the reason that was given.
	Why string
	// Source is where it was done from, such as the name of a machine; empty is
	// the platform itself.
	Source string
	// Parameters are what was asked for, Response what came of it. They are
	// encoded as JSON.
	Parameters, Response map[string]any
	// Failure says why it came to nothing; Code is a stable word for it.
	Failure, Code string
	// Occurred is when it happened, if that is known better than by the time of
	// recording.
	Occurred time.Time
}

// entry is an event as it is kept: the fields of "CloudTrail record contents for
// management, data, and network activity events" in the CloudTrail user guide.
type entry struct {
	Version    string         `json:"eventVersion"`
	Identity   identity       `json:"userIdentity"`
	Time       string         `json:"eventTime"`
	Source     string         `json:"eventSource"`
	Name       string         `json:"eventName"`
	Region     string         `json:"awsRegion"`
	Address    string         `json:"sourceIPAddress"`
	Agent      string         `json:"userAgent"`
	Code       string         `json:"errorCode,omitempty"`
	Failure    string         `json:"errorMessage,omitempty"`
	Parameters map[string]any `json:"requestParameters"`
	Response   map[string]any `json:"responseElements"`
	Additional map[string]any `json:"additionalEventData,omitempty"`
	ID         string         `json:"eventID"`
	ReadOnly   bool           `json:"readOnly"`
	Type       string         `json:"eventType"`
	Management bool           `json:"managementEvent"`
	Account    string         `json:"recipientAccountId"`
	Category   string         `json:"eventCategory"`
}

type identity struct {
	Type      string `json:"type"`
	Principal string `json:"principalId"`
	User      string `json:"userName,omitempty"`
	Account   string `json:"accountId"`
	InvokedBy string `json:"invokedBy,omitempty"`
}

// eventSource is the service that the events are of.
const eventSource = "paddock.dev"

// id is an event's identity, a UUID: made of its key, so that the same change
// has the same one whenever it is seen, or by chance.
type id [16]byte

func (i id) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", i[0:4], i[4:6], i[6:8], i[8:10], i[10:])
}

func newID(trail, key string) id {
	var i id
	if key == "" {
		_, _ = rand.Read(i[:]) // never fails
	} else {
		sum := sha256.Sum256([]byte("paddock.dev/audit/" + trail + "/" + key))
		copy(i[:], sum[:])
	}
	i[6] = i[6]&0x0f | 0x80 // version 8, RFC 9562: made our own way
	i[8] = i[8]&0x3f | 0x80
	return i
}

// parseID reads a UUID.
func parseID(text string) (i id, err error) {
	var a, b, c, d, e []byte
	if n, err := fmt.Sscanf(text, "%8x-%4x-%4x-%4x-%12x", &a, &b, &c, &d, &e); err != nil || n != 5 || len(text) != 36 {
		return id{}, fmt.Errorf("%q is no event ID", text)
	}
	copy(i[:], a)
	copy(i[4:], b)
	copy(i[6:], c)
	copy(i[8:], d)
	copy(i[10:], e)
	if i.String() != text {
		return id{}, fmt.Errorf("%q is no event ID", text)
	}
	return i, nil
}

// encode writes the event as it is kept.
func (o *Options) encode(e Event, i id, at instant) ([]byte, error) {
	who := identity{Type: "PaddockUser", Principal: e.By, User: e.By, Account: o.Account}
	if e.Service {
		who = identity{Type: "PaddockService", Principal: e.By, Account: o.Account, InvokedBy: e.By}
	}
	additional := map[string]any{}
	if e.Why != "" {
		additional["reason"] = e.Why
	}
	if !e.Occurred.IsZero() {
		additional["occurredAt"] = e.Occurred.UTC().Format(time.RFC3339Nano)
	}
	if at.skew != 0 {
		additional["clockSkew"] = at.skew.String()
		additional["clock"] = at.wall.UTC().Format(time.RFC3339Nano)
	}
	address := e.Source
	if address == "" {
		address = eventSource
	}
	return json.Marshal(entry{
		Version: "1.11", Identity: who, Time: at.time.Format(time.RFC3339), Source: eventSource, Name: e.Name, Region: o.Region,
		Address: address, Agent: o.Agent, Code: e.Code, Failure: e.Failure, Parameters: e.Parameters, Response: e.Response,
		Additional: additional, ID: i.String(), Type: "PaddockChange", Management: true, Account: o.Account, Category: "Management",
	})
}
