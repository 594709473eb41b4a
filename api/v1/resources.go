package v1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Group is the API group of every Paddock resource.
const Group = "paddock.dev"

// SystemNamespace holds the delivery resources of a platform.
const SystemNamespace = "paddock-system"

// Labels and annotations that Paddock puts on the objects it owns.
const (
	LabelPlatform    = "paddock.dev/platform"
	LabelEnvironment = "paddock.dev/environment"
	LabelService     = "paddock.dev/service"
	LabelRelease     = "paddock.dev/release"
	// AnnotationPush marks a Build made by a push to the embedded git host.
	AnnotationPush = "paddock.dev/push"
)

// GroupVersion is paddock.dev/v1.
var GroupVersion = schema.GroupVersion{Group: Group, Version: "v1"}

// AddToScheme registers the resources of this package.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&Platform{}, &PlatformList{},
		&Build{}, &BuildList{},
		&Release{}, &ReleaseList{},
		&Rollout{}, &RolloutList{},
		&Approval{}, &ApprovalList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}

// Platform is the platform file as it was last accepted. There is one.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Digest",type=string,JSONPath=`.spec.digest`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Platform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec PlatformSpec `json:"spec"`
}

// PlatformSpec records which file was accepted, from whom.
type PlatformSpec struct {
	// Path of the file on the machine that submitted it.
	Path string `json:"path,omitempty"`
	// Digest of its bytes, sha256:<hex>.
	Digest string `json:"digest"`
	// File is the text itself.
	File string `json:"file"`
	// AppliedBy is the person who ran the command.
	AppliedBy string `json:"appliedBy,omitempty"`
}

// PlatformList is a list of platforms.
//
// +kubebuilder:object:root=true
type PlatformList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Platform `json:"items"`
}

// BuildPhase says how far a build has come.
type BuildPhase string

const (
	// BuildPending waits for the builder.
	BuildPending BuildPhase = ""
	// BuildRunning is being checked out, compiled or packed.
	BuildRunning BuildPhase = "Running"
	// BuildSucceeded has an image; its release exists or is about to.
	BuildSucceeded BuildPhase = "Succeeded"
	// BuildFailed has a reason and a log.
	BuildFailed BuildPhase = "Failed"
)

// Build turns one commit of one service into an image. Its name is
// <service>-<first 12 digits of the commit>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.service`
// +kubebuilder:printcolumn:name="Commit",type=string,JSONPath=`.spec.commit`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Build struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   BuildSpec   `json:"spec"`
	Status BuildStatus `json:"status,omitempty"`
}

// BuildSpec names the commit to build.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a build is immutable; push a new commit instead"
type BuildSpec struct {
	Service string `json:"service"`
	// Commit is the full object name, 40 hexadecimal digits.
	Commit string `json:"commit"`
	// Ref is the branch or tag that was pushed, such as refs/heads/main.
	Ref string `json:"ref"`
	// Author of the commit, "Name <mail>".
	Author string `json:"author,omitempty"`
	// Subject is the first line of the commit message.
	Subject string `json:"subject,omitempty"`
	// PushedBy is the person who pushed.
	PushedBy string `json:"pushedBy,omitempty"`
}

// BuildStatus is written by the builder.
type BuildStatus struct {
	Phase BuildPhase `json:"phase,omitempty"`
	// Image by digest: registry.paddock.internal/<service>@sha256:<hex>.
	Image string `json:"image,omitempty"`
	// Message says why the build failed, or what it is doing.
	Message    string       `json:"message,omitempty"`
	StartedAt  *metav1.Time `json:"startedAt,omitempty"`
	FinishedAt *metav1.Time `json:"finishedAt,omitempty"`
	// Release made from this build.
	Release string `json:"release,omitempty"`
}

// BuildList is a list of builds.
//
// +kubebuilder:object:root=true
type BuildList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Build `json:"items"`
}

// Release is what may run: an image by digest with its configuration for every
// environment, immutable. Its name is <service>-<version>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.service`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.spec.version`
// +kubebuilder:printcolumn:name="Commit",type=string,JSONPath=`.spec.commit`
// +kubebuilder:printcolumn:name="Blocked",type=string,JSONPath=`.status.blocked`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Release struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ReleaseSpec   `json:"spec"`
	Status ReleaseStatus `json:"status,omitempty"`
}

// ReleaseSpec is the immutable record.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a release is immutable; make a new one"
type ReleaseSpec struct {
	Service string `json:"service"`
	// Version such as 1.13.0: the middle part counts the releases of the service.
	Version string `json:"version"`
	// Number orders the releases of one service; it is the middle part of Version.
	Number int64 `json:"number"`
	// Image by digest.
	Image  string `json:"image"`
	Commit string `json:"commit"`
	// Author of the commit, "Name <mail>".
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject,omitempty"`
	Build   string `json:"build,omitempty"`
	// ConfigDigest is sha256:<hex> of the canonical JSON of Config.
	ConfigDigest string `json:"configDigest"`
	// Config of the service for each environment, resolved from the platform
	// file when the release was made.
	Config map[string]ServiceConfig `json:"config"`
	// Drill marks a release that was made to fail; it never travels by policy.
	Drill bool `json:"drill,omitempty"`
}

// ServiceConfig is the part of a service's block that travels with a release:
// going back to a release restores it together with the image.
type ServiceConfig struct {
	// Args are given to the image's entry point. $(NAME) is replaced by an
	// environment variable, as Kubernetes does.
	Args []string `json:"args,omitempty"`
	// Port on which the service answers HTTP.
	Port int32 `json:"port"`
	// LivePath and ReadyPath are probed with HTTP GET; empty means that a TCP
	// connection is enough.
	LivePath  string `json:"livePath,omitempty"`
	ReadyPath string `json:"readyPath,omitempty"`
	// Uses are the services it calls. Each becomes <NAME>_URL.
	Uses []string `json:"uses,omitempty"`
	// Replicas bounds of the autoscaler; equal bounds mean a fixed number.
	MinReplicas int32 `json:"minReplicas"`
	MaxReplicas int32 `json:"maxReplicas"`
	// TargetCPU in percent of the request; 0 means no autoscaling.
	TargetCPU int32 `json:"targetCPU,omitempty"`
	// CPU request in thousandths of a core.
	CPUMilli int64 `json:"cpuMilli"`
	// Memory request and limit in bytes.
	MemoryBytes int64 `json:"memoryBytes"`
	// Availability objective in percent, 0 when none is stated.
	AvailabilityPercent string `json:"availabilityPercent,omitempty"`
	// LatencyP99 objective, a Go duration, empty when none is stated.
	LatencyP99 string `json:"latencyP99,omitempty"`
	// Settings become environment variables.
	Settings map[string]string `json:"settings,omitempty"`
}

// ReleaseStatus holds what is learned about a release later.
type ReleaseStatus struct {
	// Blocked is the reason why the release may enter no further environment.
	Blocked   string       `json:"blocked,omitempty"`
	BlockedAt *metav1.Time `json:"blockedAt,omitempty"`
}

// ReleaseList is a list of releases.
//
// +kubebuilder:object:root=true
type ReleaseList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Release `json:"items"`
}

// RolloutKind says what a rollout is for.
type RolloutKind string

const (
	// RolloutPromotion brings a newer release in.
	RolloutPromotion RolloutKind = "Promotion"
	// RolloutBootstrap is the first release of a service in an environment:
	// nothing runs there that could be harmed or compared with.
	RolloutBootstrap RolloutKind = "Bootstrap"
	// RolloutRollback returns to a release that was verified there before.
	RolloutRollback RolloutKind = "Rollback"
)

// RolloutPhase says how far a rollout has come.
type RolloutPhase string

const (
	// RolloutQueued waits for the running rollout of the same service there.
	RolloutQueued RolloutPhase = ""
	// RolloutAwaitingApproval waits for people; nothing runs yet.
	RolloutAwaitingApproval RolloutPhase = "AwaitingApproval"
	// RolloutPreparing starts the new set of pods beside the old one; it
	// receives no traffic yet.
	RolloutPreparing RolloutPhase = "Preparing"
	// RolloutCanary gives the new set a share of the traffic and judges it.
	RolloutCanary RolloutPhase = "Canary"
	// RolloutPromoting has moved all traffic and waits for the gateway to say so.
	RolloutPromoting RolloutPhase = "Promoting"
	// RolloutSucceeded means that the environment points at the release.
	RolloutSucceeded RolloutPhase = "Succeeded"
	// RolloutRollingBack has given all traffic back to the old set.
	RolloutRollingBack RolloutPhase = "RollingBack"
	// RolloutRolledBack means that the release was bad; Message says why.
	RolloutRolledBack RolloutPhase = "RolledBack"
	// RolloutSuperseded was overtaken by a newer release before it began.
	RolloutSuperseded RolloutPhase = "Superseded"
)

// Done reports whether the phase is final.
func (p RolloutPhase) Done() bool {
	switch p {
	case RolloutSucceeded, RolloutRolledBack, RolloutSuperseded:
		return true
	}
	return false
}

// Started reports whether the rollout has begun to change the environment.
func (p RolloutPhase) Started() bool {
	switch p {
	case RolloutPreparing, RolloutCanary, RolloutPromoting, RolloutRollingBack:
		return true
	}
	return false
}

// Rollout brings one release into one environment. Its name is
// <release>-<environment>-<attempt>.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.service`
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environment`
// +kubebuilder:printcolumn:name="Release",type=string,JSONPath=`.spec.release`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Weight",type=integer,JSONPath=`.status.weight`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Rollout struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   RolloutSpec   `json:"spec"`
	Status RolloutStatus `json:"status,omitempty"`
}

// RolloutSpec is the order.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a rollout is immutable; make a new one"
type RolloutSpec struct {
	Service     string      `json:"service"`
	Environment string      `json:"environment"`
	Release     string      `json:"release"`
	Kind        RolloutKind `json:"kind"`
	// RequestedBy is a person, or "policy".
	RequestedBy string `json:"requestedBy"`
	Reason      string `json:"reason,omitempty"`
	// SkipApproval is set by drills and rollbacks only; RequestedBy and Reason
	// then say who answers for it.
	SkipApproval bool `json:"skipApproval,omitempty"`
}

// RolloutStatus is the state of the order.
type RolloutStatus struct {
	Phase RolloutPhase `json:"phase,omitempty"`
	// Previous is the release that the environment pointed at when the rollout
	// began, and returns to when it fails. Empty at the first.
	Previous string `json:"previous,omitempty"`
	// Step of the canary, from 0.
	Step int32 `json:"step,omitempty"`
	// Weight of the new set in percent.
	Weight int32 `json:"weight,omitempty"`
	// Message says in a sentence where the rollout stands and what it waits for.
	Message string `json:"message,omitempty"`
	// Verdict is the last judgement of the canary.
	Verdict *Verdict `json:"verdict,omitempty"`
	// Approvals that count, by name.
	Approvals []string `json:"approvals,omitempty"`

	StartedAt     *metav1.MicroTime `json:"startedAt,omitempty"`
	StepStartedAt *metav1.MicroTime `json:"stepStartedAt,omitempty"`
	// DecidedAt is when a bad verdict fell.
	DecidedAt *metav1.MicroTime `json:"decidedAt,omitempty"`
	// FlippedAt is when the gateway confirmed that it shares the requests as the
	// last step wanted: from then on not one goes elsewhere.
	FlippedAt  *metav1.MicroTime `json:"flippedAt,omitempty"`
	FinishedAt *metav1.MicroTime `json:"finishedAt,omitempty"`
}

// VerdictOutcome is what the figures say so far.
type VerdictOutcome string

const (
	// VerdictUndecided means that there are not enough requests to say.
	VerdictUndecided VerdictOutcome = "Undecided"
	// VerdictGood means that the canary is no worse than allowed.
	VerdictGood VerdictOutcome = "Good"
	// VerdictBad means that the canary is worse than allowed.
	VerdictBad VerdictOutcome = "Bad"
)

// Verdict is a judgement of a canary, with the evidence.
type Verdict struct {
	Outcome VerdictOutcome `json:"outcome"`
	// Reason in a sentence, with the stated error rate of the test.
	Reason string `json:"reason"`
	// Requests and errors seen by the gateway since the step began.
	CanaryRequests int64 `json:"canaryRequests"`
	CanaryErrors   int64 `json:"canaryErrors"`
	CanarySlow     int64 `json:"canarySlow,omitempty"`
	StableRequests int64 `json:"stableRequests"`
	StableErrors   int64 `json:"stableErrors"`
	StableSlow     int64 `json:"stableSlow,omitempty"`
}

// RolloutList is a list of rollouts.
//
// +kubebuilder:object:root=true
type RolloutList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Rollout `json:"items"`
}

// Approval is one person's yes to one rollout.
//
// +kubebuilder:object:root=true
// +kubebuilder:printcolumn:name="Rollout",type=string,JSONPath=`.spec.rollout`
// +kubebuilder:printcolumn:name="By",type=string,JSONPath=`.spec.by`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Approval struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec ApprovalSpec `json:"spec"`
}

// ApprovalSpec is who said yes to what. The API server refuses an approval
// whose By is not the authenticated user (ValidatingAdmissionPolicy
// paddock-approval-identity).
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="an approval is immutable"
type ApprovalSpec struct {
	Rollout string `json:"rollout"`
	By      string `json:"by"`
	Comment string `json:"comment,omitempty"`
}

// ApprovalList is a list of approvals.
//
// +kubebuilder:object:root=true
type ApprovalList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Approval `json:"items"`
}
