package search

import (
	"strings"

	"paddock.dev/internal/audit/search/fields"
)

// paddockSource is the eventSource of our own record.
const paddockSource = "paddock.dev"

// cloudTrail reads a record as "CloudTrail record contents for management, data,
// and network activity events" (AWS CloudTrail User Guide) describes it.
func (n *normaliser) cloudTrail(record fields.Value, t *top) (Event, error) {
	at, err := when(t.eventTime)
	if err != nil {
		return Event{}, err
	}
	e := Event{
		Time: at, Source: CloudTrail, raw: record,
		ID: t.eventID.Text(), Address: n.text(t.address), Agent: n.text(t.agent),
		Region: n.text(t.region), Account: n.text(t.recipient),
		readOnly: string(t.readOnly) == "true",
	}
	source, name := n.text(t.eventSource), n.text(t.eventName)
	if name == "" || source == "" {
		return Event{}, errNameless
	}
	if source == paddockSource || strings.HasSuffix(source, "."+paddockSource) {
		e.Source = Paddock
		e.Reason = firstText(t.additional, "reason", "why")
		if e.Reason == "" {
			e.Reason = firstText(t.request, "reason", "why")
		}
		source = "paddock"
	}
	service, _, _ := strings.Cut(source, ".amazonaws.com")
	e.Action = n.intern([]byte(service + ":" + name))
	e.name = name
	e.Actor = n.identity(t.identity)
	if e.Account == "" {
		e.Account = e.Actor.Account
	}
	e.Target = n.target(t)
	e.Result, e.Error = cloudTrailResult(t)
	return e, nil
}

func firstText(v fields.Value, keys ...string) string {
	for _, key := range keys {
		if text := v.Get(key).Text(); text != "" {
			return text
		}
	}
	return ""
}

// identity reads userIdentity: "CloudTrail userIdentity element" (AWS CloudTrail
// User Guide).
func (n *normaliser) identity(v fields.Value) Actor {
	var a Actor
	var kind, arn, principal, userName, session fields.Value
	for key, value := range v.Members() {
		switch string(key[1 : len(key)-1]) {
		case "type":
			kind = value
		case "arn":
			arn = value
		case "principalId":
			principal = value
		case "userName":
			userName = value
		case "accountId":
			a.Account = n.text(value)
		case "accessKeyId":
			a.Key = n.text(value)
		case "invokedBy":
			a.InvokedBy = n.text(value)
		case "sessionContext":
			session = value
		}
	}
	a.Principal = n.text(arn)
	a.Name = n.text(userName)
	var issuer fields.Value
	for key, value := range session.Members() {
		switch string(key[1 : len(key)-1]) {
		case "sessionIssuer":
			issuer = value
		case "attributes":
			if mfa := value.Get("mfaAuthenticated"); mfa.Exists() {
				used := mfa.Is("true")
				a.MFA = &used
			}
		}
	}
	switch kind.Text() {
	case "Root":
		a.Kind, a.Name = Root, "root"
	case "IAMUser", "PaddockUser":
		a.Kind = User
	case "AssumedRole":
		n.assumedRole(&a, issuer, principal)
	case "Role":
		a.Kind = Role
	case "FederatedUser", "SAMLUser", "WebIdentityUser", "IdentityCenterUser", "Directory":
		a.Kind = Federated
		if issuer.Exists() {
			a.Via = n.text(issuer.Get("userName"))
		}
	case "AWSService", "PaddockService":
		a.Kind = Service
		if a.Name == "" {
			a.Name = a.InvokedBy
		}
	case "AWSAccount":
		a.Kind = Account
		if principal.Is("Anonymous") || principal.Is("ANONYMOUS_PRINCIPAL") || a.Account == "ANONYMOUS_PRINCIPAL" {
			a.Kind, a.Name = Anonymous, "anonymous"
		}
	default:
		a.Kind = Unknown
		if a.InvokedBy != "" && a.Principal == "" {
			a.Kind, a.Name = Service, a.InvokedBy
		}
	}
	if a.Name == "" {
		a.Name = a.Principal
	}
	if a.Name == "" {
		a.Name = n.text(principal)
	}
	if a.Name == "" {
		a.Name = a.Account
	}
	return a
}

// assumedRole names a session by role and session, and its principal by the
// role, as every run of a pipeline has a session of its own. People who come by
// IAM Identity Center share a role, so that their session is the person.
func (n *normaliser) assumedRole(a *Actor, issuer, principal fields.Value) {
	a.Kind = Role
	session := a.Principal
	if _, after, ok := strings.Cut(principal.Text(), ":"); ok {
		a.Session = after
	} else if i := strings.LastIndexByte(session, '/'); i >= 0 {
		a.Session = session[i+1:]
	}
	a.Via = n.text(issuer.Get("userName"))
	if a.Via == "" {
		if _, after, ok := strings.Cut(session, ":assumed-role/"); ok {
			a.Via, _, _ = strings.Cut(after, "/")
		}
	}
	role := n.text(issuer.Get("arn"))
	switch {
	case strings.HasPrefix(a.Via, "AWSReservedSSO"):
		a.Kind = Person
		a.Name = a.Session
	case strings.HasPrefix(a.Via, "AWSServiceRoleFor"):
		a.Kind = Service
		a.Name, a.Principal = a.Via, role
	default:
		a.Name = a.Via
		if a.Session != "" {
			a.Name += "/" + a.Session
		}
		if role != "" {
			a.Principal = role
		} else if i := strings.LastIndexByte(session, '/'); i >= 0 && a.Session != "" {
			a.Principal = session[:i]
		}
	}
}

// targets are the parameters that name what a call is about, the most telling
// first.
var targets = []string{
	"bucketName", "userName", "roleName", "roleArn", "groupName", "functionName", "instanceId", "secretId", "keyId",
	"trailName", "name", "groupId", "snapshotId", "imageId", "dBSnapshotIdentifier", "dBInstanceIdentifier", "clusterName",
	"resourceArn", "policyArn", "detectorId", "documentName", "vpcId", "hostedZoneId", "modelId", "accountId",
	"resource", "rollout", "release", "service", "environment", "id", "arn",
}

// target names what a call was about: the resource the log names, or else the
// parameter that does.
func (n *normaliser) target(t *top) string {
	for resource := range t.resources.Elements() {
		if arn := resource.Get("ARN"); arn.Exists() {
			return n.text(arn)
		}
	}
	best, found := len(targets), fields.Value(nil)
	for key, value := range t.request.Members() {
		if !value.IsString() {
			continue
		}
		for i, candidate := range targets[:best] {
			if string(key[1:len(key)-1]) == candidate {
				best, found = i, value
				break
			}
		}
	}
	return n.text(found)
}

// cloudTrailResult reads how a call ended. A console sign-in that fails has no
// errorCode, only a response that says so.
func cloudTrailResult(t *top) (Result, string) {
	code, message := t.errorCode.Text(), t.errorMessage.Text()
	if code == "" && t.eventName.Is("ConsoleLogin") && t.response.Get("ConsoleLogin").Is("Failure") {
		if message == "" {
			message = "the sign-in failed"
		}
		return Denied, message
	}
	if code == "" {
		if message != "" {
			return Failed, message
		}
		return OK, ""
	}
	result := Failed
	for _, word := range []string{"AccessDenied", "UnauthorizedOperation", "Unauthorized", "NotAuthorized", "Forbidden", "AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch"} {
		if strings.Contains(code, word) {
			result = Denied
			break
		}
	}
	if message != "" && message != code {
		code += ": " + message
	}
	return result, code
}
