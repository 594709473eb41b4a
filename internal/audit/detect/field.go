package detect

import (
	"strings"

	"paddock.dev/internal/audit/search"
	"paddock.dev/internal/audit/search/fields"
	"paddock.dev/internal/diag"
)

// Field names a value of an event: one of search.Names, or a path into the
// record, such as requestParameters.userName.
type Field struct {
	Text string
	path fields.Path // nil for a name
}

// recordKeys are the first steps of a path into a record: "CloudTrail record
// contents" (AWS CloudTrail User Guide) and audit.k8s.io/v1 Event.
var recordKeys = []string{
	"additionalEventData", "apiVersion", "errorCode", "errorMessage", "eventCategory", "eventID", "eventName", "eventSource", "eventTime", "eventType",
	"managementEvent", "recipientAccountId", "requestID", "requestParameters", "resources", "responseElements", "serviceEventDetails", "sessionCredentialFromConsole",
	"sharedEventID", "sourceIPAddress", "tlsDetails", "userAgent", "userIdentity", "vpcEndpointId", "awsRegion",
	"annotations", "auditID", "impersonatedUser", "kind", "level", "metadata", "objectRef", "requestObject", "requestReceivedTimestamp", "requestURI",
	"responseObject", "responseStatus", "sourceIPs", "stage", "stageTimestamp", "timestamp", "user",
}

// parseField reads a field of the whole event; a field of a value inside it has
// no names and any key.
func parseField(text string, inside bool) (Field, string) {
	if !inside {
		if _, ok := (&search.Event{}).Field(text); ok {
			return Field{Text: text}, ""
		}
	}
	path, err := fields.ParsePath(text)
	if err != nil {
		return Field{}, err.Error()
	}
	if inside {
		return Field{text, path}, ""
	}
	for _, known := range recordKeys {
		if path[0] == known {
			return Field{text, path}, ""
		}
	}
	problem := "an event has no field " + path[0]
	if near := diag.Nearest(path[0], append(search.Names, recordKeys...)); len(near) > 0 {
		problem += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return Field{}, problem
}

// each calls yield with every value of the field until it says false.
func (f Field) each(e *search.Event, inside fields.Value, yield func(value) bool) {
	if f.path == nil {
		if text, _ := e.Field(f.Text); text != "" {
			yield(value{text: text})
		}
		return
	}
	from := inside
	if from == nil {
		from = e.Raw()
	}
	f.path.Each(from, func(v fields.Value) bool { return flatten(v, yield) })
}

// flatten looks through lists: a field with a list has the values in it.
func flatten(v fields.Value, yield func(value) bool) bool {
	if !v.IsArray() {
		return yield(value{json: v})
	}
	for element := range v.Elements() {
		if !flatten(element, yield) {
			return false
		}
	}
	return true
}

// first is the field's first value as text.
func (f Field) first(e *search.Event) (text string) {
	f.each(e, nil, func(v value) bool { text = v.string(); return false })
	return text
}

// value is a text or a piece of the record, made a text only when needed.
type value struct {
	text string
	json fields.Value
}

func (v value) string() string {
	if v.json == nil {
		return v.text
	}
	return v.json.Text()
}

func (v value) is(text string) bool {
	if v.json == nil {
		return v.text == text
	}
	return v.json.Is(text)
}
