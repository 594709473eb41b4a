package v1

import "time"

// The shapes in this file are what commands print with --output json and what
// the console answers below /api/v1. Fields are added, never renamed. Times are
// RFC 3339; lists are never null and have a fixed order.

// Status is the answer of `paddock status` and of GET /api/v1/status.
//
// +kubebuilder:object:generate=false
type Status struct {
	// Platform is the name in the file.
	Platform string `json:"platform"`
	// Time at which the status was taken.
	Time time.Time `json:"time"`
	// GatewayURL is where customers' requests enter, such as
	// http://127.0.0.1:8080. ConsoleURL is the dashboard.
	GatewayURL string `json:"gatewayURL"`
	ConsoleURL string `json:"consoleURL"`
	// Services are the names of the services, sorted.
	Services []string `json:"services"`
	// Environments in the order of the delivery path.
	Environments []EnvironmentStatus `json:"environments"`
	// Approvals are what waits for people, the longest wait first.
	Approvals []WaitingApproval `json:"approvals"`
	// Builds that are running, and for each service the newest when it failed.
	Builds []BuildSummary `json:"builds"`
	// Blocked releases that are newer than what the last environment runs.
	Blocked []BlockedRelease `json:"blocked"`
}

// EnvironmentStatus is one column of the matrix.
//
// +kubebuilder:object:generate=false
type EnvironmentStatus struct {
	Name string `json:"name"`
	// Stage is development, test, acceptance or production.
	Stage string `json:"stage"`
	// Services as Status.Services, one cell each; a service that the
	// environment does not have is left out.
	Services []ServiceStatus `json:"services"`
}

// ServiceStatus is one cell of the matrix: a service in an environment.
//
// +kubebuilder:object:generate=false
type ServiceStatus struct {
	Service string `json:"service"`
	// Release that the environment points at, with what it is made of. All
	// empty before the first.
	Release      string     `json:"release,omitempty"`
	Version      string     `json:"version,omitempty"`
	Commit       string     `json:"commit,omitempty"`
	ImageDigest  string     `json:"imageDigest,omitempty"`
	ConfigDigest string     `json:"configDigest,omitempty"`
	Since        *time.Time `json:"since,omitempty"`
	// Ready and Desired pods of the release.
	Ready   int32 `json:"ready"`
	Desired int32 `json:"desired"`
	// URLs under which the gateway of this machine serves it.
	URLs []string `json:"urls,omitempty"`
	// Rollout that is under way or waits.
	Rollout *RunningRollout `json:"rollout,omitempty"`
	// Failed is the newest rollout here when it was rolled back.
	Failed *FailedRollout `json:"failed,omitempty"`
}

// RunningRollout is a rollout that is not over.
//
// +kubebuilder:object:generate=false
type RunningRollout struct {
	Name    string      `json:"name"`
	Kind    RolloutKind `json:"kind"`
	Release string      `json:"release"`
	Version string      `json:"version"`
	// Phase is Queued, AwaitingApproval, Preparing, Canary, Promoting or
	// RollingBack.
	Phase string `json:"phase"`
	// Step of the canary from 1, of Steps; 0 when the phase is not Canary.
	Step  int32 `json:"step"`
	Steps int32 `json:"steps"`
	// Weight is the share of requests that the release gets, in percent.
	Weight int32 `json:"weight"`
	// Message says in a sentence what it does or waits for.
	Message string   `json:"message,omitempty"`
	Verdict *Verdict `json:"verdict,omitempty"`
	// Ready and Desired pods of the release that comes in.
	Ready     int32      `json:"ready"`
	Desired   int32      `json:"desired"`
	StartedAt *time.Time `json:"startedAt,omitempty"`
}

// FailedRollout is a rollout that was taken back.
//
// +kubebuilder:object:generate=false
type FailedRollout struct {
	Name    string `json:"name"`
	Release string `json:"release"`
	Version string `json:"version"`
	// Message is the reason.
	Message    string     `json:"message,omitempty"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
}

// WaitingApproval is a rollout that needs people to say yes.
//
// +kubebuilder:object:generate=false
type WaitingApproval struct {
	Rollout     string    `json:"rollout"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Release     string    `json:"release"`
	Version     string    `json:"version"`
	Since       time.Time `json:"since"`
	// Subject and Author of the commit.
	Subject string `json:"subject,omitempty"`
	Author  string `json:"author,omitempty"`
	// Need is how many different people must approve; Given lists who did.
	Need  int      `json:"need"`
	Given []string `json:"given"`
	// From are the groups, and May the people in them who have not approved yet.
	From []string `json:"from"`
	May  []string `json:"may"`
	// Command approves it.
	Command string `json:"command"`
}

// BuildSummary is a build that runs or failed.
//
// +kubebuilder:object:generate=false
type BuildSummary struct {
	Name    string `json:"name"`
	Service string `json:"service"`
	Commit  string `json:"commit"`
	Subject string `json:"subject,omitempty"`
	// Phase is Pending, Running or Failed.
	Phase      string     `json:"phase"`
	Message    string     `json:"message,omitempty"`
	StartedAt  *time.Time `json:"startedAt,omitempty"`
	FinishedAt *time.Time `json:"finishedAt,omitempty"`
}

// BlockedRelease is a release that may enter no further environment.
//
// +kubebuilder:object:generate=false
type BlockedRelease struct {
	Release string     `json:"release"`
	Service string     `json:"service"`
	Version string     `json:"version"`
	Reason  string     `json:"reason"`
	Since   *time.Time `json:"since,omitempty"`
}

// History is the answer of `paddock history` and of GET /api/v1/history.
//
// +kubebuilder:object:generate=false
type History struct {
	Platform string `json:"platform"`
	// Entries from the newest to the oldest.
	Entries []HistoryEntry `json:"entries"`
}

// HistoryEntry is one thing that happened.
//
// +kubebuilder:object:generate=false
type HistoryEntry struct {
	// Time at which it ended, or began while it is not over.
	Time time.Time `json:"time"`
	// Kind is Build, Release, Rollout or Approval, and Name that resource's.
	Kind        string `json:"kind"`
	Name        string `json:"name"`
	Service     string `json:"service"`
	Environment string `json:"environment,omitempty"`
	Release     string `json:"release,omitempty"`
	Version     string `json:"version,omitempty"`
	// Who did or asked for it: a person, or "policy".
	Who string `json:"who,omitempty"`
	// What in a few words, such as "1.14.0 to prod".
	What string `json:"what"`
	// Why is the commit's subject, the reason given, or the comment.
	Why string `json:"why,omitempty"`
	// Result is the phase it is in or ended with.
	Result string `json:"result,omitempty"`
	// Message explains the result.
	Message string `json:"message,omitempty"`
	// Seconds it took, 0 while it is not over.
	Seconds float64 `json:"seconds,omitempty"`
}

// ReleaseSummaries is the answer of `paddock release list`.
//
// +kubebuilder:object:generate=false
type ReleaseSummaries struct {
	// Releases by service, the newest first.
	Releases []ReleaseSummary `json:"releases"`
}

// ReleaseSummary is one release and where it runs.
//
// +kubebuilder:object:generate=false
type ReleaseSummary struct {
	Name      string    `json:"name"`
	Service   string    `json:"service"`
	Version   string    `json:"version"`
	Commit    string    `json:"commit"`
	Author    string    `json:"author,omitempty"`
	Subject   string    `json:"subject,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	// Environments that point at it, in the order of the path.
	Environments []string `json:"environments"`
	// Blocked is the reason why it may go nowhere else, empty when it may.
	Blocked string `json:"blocked,omitempty"`
	// Drill marks a release that was made to fail.
	Drill bool `json:"drill,omitempty"`
}

// ReleaseDetail is the answer of `paddock release show`.
//
// +kubebuilder:object:generate=false
type ReleaseDetail struct {
	ReleaseSummary
	// Image by digest, and the digest of Config.
	Image        string `json:"image"`
	ConfigDigest string `json:"configDigest"`
	Build        string `json:"build,omitempty"`
	// Config for each environment.
	Config map[string]ServiceConfig `json:"config"`
	// History of this release, the newest first.
	History []HistoryEntry `json:"history"`
}

// Doctor is the answer of `paddock doctor`.
//
// +kubebuilder:object:generate=false
type Doctor struct {
	// OK is false when a check failed.
	OK bool `json:"ok"`
	// Isolation is the level that pods get on this machine.
	Isolation string        `json:"isolation"`
	Checks    []DoctorCheck `json:"checks"`
}

// DoctorCheck is one thing that was looked at.
//
// +kubebuilder:object:generate=false
type DoctorCheck struct {
	// Name is stable, such as "memory".
	Name string `json:"name"`
	// Result is ok, info, warning or failed.
	Result string `json:"result"`
	// Found in a sentence.
	Found string `json:"found"`
	// Remedy says what to do; empty when there is nothing to do.
	Remedy string `json:"remedy,omitempty"`
}

// VersionInfo is the answer of `paddock version`.
//
// +kubebuilder:object:generate=false
type VersionInfo struct {
	// Version is a tag, or "devel" for a build from a working tree.
	Version string `json:"version"`
	// Commit of the source and its time; Modified when the tree was dirty.
	Commit   string `json:"commit,omitempty"`
	Time     string `json:"time,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}
