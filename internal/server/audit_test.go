package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/audit/record"
	"paddock.dev/internal/kube"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func meta(uid string, minute int) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: v1.SystemNamespace, Name: uid, UID: types.UID(uid), Generation: 1, CreationTimestamp: metav1.NewTime(noon.Add(time.Duration(minute) * time.Minute))}
}

func micro(minute int) *metav1.MicroTime {
	t := metav1.NewMicroTime(noon.Add(time.Duration(minute) * time.Minute))
	return &t
}

func TestAuditEvents(t *testing.T) {
	changed := meta("p", 0)
	changed.Generation = 4
	blocked := metav1.NewTime(noon.Add(9 * time.Minute))
	for _, c := range []struct {
		name   string
		object client.Object
		want   []string
	}{
		{"a new platform", &v1.Platform{ObjectMeta: meta("p", 0), Spec: v1.PlatformSpec{AppliedBy: "asha", Digest: "sha256:1"}}, []string{"CreatePlatform by asha"}},
		{"a changed file", &v1.Platform{ObjectMeta: changed, Spec: v1.PlatformSpec{AppliedBy: "asha", Digest: "sha256:2"}}, []string{"ChangePlatformFile by asha"}},
		{"a build that runs", &v1.Build{ObjectMeta: meta("b", 1), Status: v1.BuildStatus{Phase: v1.BuildRunning}}, nil},
		{"a build that failed", &v1.Build{ObjectMeta: meta("b", 1), Spec: v1.BuildSpec{PushedBy: "meera", Subject: "try"}, Status: v1.BuildStatus{Phase: v1.BuildFailed, Message: "no main"}},
			[]string{"BuildImage by meera because try: no main"}},
		{"a release that is blocked", &v1.Release{ObjectMeta: meta("r", 2), Spec: v1.ReleaseSpec{Author: "Meera Nair <meera@example.org>", Subject: "faster"}, Status: v1.ReleaseStatus{Blocked: "it was bad", BlockedAt: &blocked}},
			[]string{"CreateRelease by Meera Nair because faster", "BlockRelease by service delivery because it was bad"}},
		{"a promotion that waits", &v1.Rollout{ObjectMeta: meta("o", 3), Spec: v1.RolloutSpec{Kind: v1.RolloutPromotion, RequestedBy: "policy"}, Status: v1.RolloutStatus{Phase: v1.RolloutAwaitingApproval}},
			[]string{"PromoteRelease by service delivery"}},
		{"a rollback that is done", &v1.Rollout{ObjectMeta: meta("o", 3), Spec: v1.RolloutSpec{Kind: v1.RolloutRollback, RequestedBy: "vikram", Reason: "errors"}, Status: v1.RolloutStatus{Phase: v1.RolloutSucceeded, StartedAt: micro(4), FinishedAt: micro(5)}},
			[]string{"RollbackRelease by vikram because errors", "StartRollout by service delivery", "FinishRollout by service delivery"}},
		{"a promotion that was bad", &v1.Rollout{ObjectMeta: meta("o", 3), Spec: v1.RolloutSpec{Kind: v1.RolloutPromotion, RequestedBy: "vikram"}, Status: v1.RolloutStatus{Phase: v1.RolloutRolledBack, Message: "10% errors", StartedAt: micro(4), FinishedAt: micro(5), Verdict: &v1.Verdict{Outcome: v1.VerdictBad, Reason: "at most 1% false alarms"}}},
			[]string{"PromoteRelease by vikram", "StartRollout by service delivery", "FinishRollout by service delivery because at most 1% false alarms: 10% errors"}},
		{"an approval", &v1.Approval{ObjectMeta: meta("a", 6), Spec: v1.ApprovalSpec{By: "asha", Comment: "looks good"}}, []string{"ApproveRollout by asha because looks good"}},
		{"something else", &corev1.ConfigMap{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			keys := map[string]bool{}
			for _, e := range auditEvents(c.object) {
				who := e.By
				if e.Service {
					who = "service " + who
				}
				text := e.Name + " by " + who
				if e.Why != "" {
					text += " because " + e.Why
				}
				if e.Failure != "" {
					text += ": " + e.Failure
				}
				got = append(got, text)
				if e.Key == "" || keys[e.Key] {
					t.Errorf("the key %q is not its own", e.Key)
				}
				keys[e.Key] = true
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// memory is a recorder that fails at times.
type memory struct {
	fail   int
	keys   map[string]bool
	events []string
}

func (m *memory) Append(e record.Event) (bool, error) {
	if m.fail > 0 {
		m.fail--
		return false, errors.New("the disk is full")
	}
	if m.keys[e.Key] {
		return false, nil
	}
	m.keys[e.Key] = true
	m.events = append(m.events, e.Name)
	return true, nil
}

// What was seen is recorded once, in the order in which it happened, also when
// the disk was full in between, and what was seen last also at the end.
func TestObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{fail: 2, keys: map[string]bool{}}
		o := &observer{record: m, logger: slog.New(slog.DiscardHandler), seen: map[types.UID]client.Object{}, wake: make(chan struct{}, 1)}
		h := o.handler()
		rollout := &v1.Rollout{ObjectMeta: meta("o", 3), Spec: v1.RolloutSpec{Kind: v1.RolloutPromotion, RequestedBy: "vikram"}}
		h.AddFunc(rollout)
		h.AddFunc(&v1.Release{ObjectMeta: meta("r", 2)})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { o.run(ctx); close(done) }()
		time.Sleep(10 * auditRetry)
		synctest.Wait()
		if want := []string{"CreateRelease", "PromoteRelease"}; !slices.Equal(m.events, want) {
			t.Errorf("%q, want %q", m.events, want)
		}
		over := rollout.DeepCopy()
		over.Status = v1.RolloutStatus{Phase: v1.RolloutSucceeded, StartedAt: micro(4), FinishedAt: micro(5)}
		h.UpdateFunc(rollout, over)
		h.AddFunc(&v1.Approval{ObjectMeta: meta("a", 3)})
		h.DeleteFunc(toolscache.DeletedFinalStateUnknown{Obj: over})
		h.AddFunc("no object")
		stop()
		<-done
		if want := []string{"CreateRelease", "PromoteRelease", "ApproveRollout", "StartRollout", "FinishRollout"}; !slices.Equal(m.events, want) {
			t.Errorf("%q, want %q", m.events, want)
		}
	})
}

type followed struct{ size uint64 }

func (f followed) Follows(h record.Head) (bool, error) { return h.Size <= f.size, nil }

// Heads are published in every environment, and one that the record does not
// follow any more stays where it is.
func TestHeadsArePublished(t *testing.T) {
	scheme, err := kube.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).Build()
	keeper := &headKeeper{client: c, record: followed{5}, environments: func() []string { return []string{"dev", "prod"} }}
	head := func(size uint64) record.Head {
		return record.Head{Trail: "kestrel", Size: size, Time: noon, Signature: "00", Fingerprint: "f"}
	}
	published := func(env string) (sizes string) {
		var m corev1.ConfigMap
		if err := c.Get(t.Context(), client.ObjectKey{Namespace: env, Name: record.HeadName}, &m); err != nil {
			return err.Error()
		}
		var h record.Head
		if err := json.Unmarshal([]byte(m.Data[record.HeadKey]), &h); err != nil {
			return err.Error()
		}
		return fmt.Sprint(h.Size, m.Labels)
	}
	for _, size := range []uint64{3, 3, 5} {
		if err := keeper.Publish(t.Context(), head(size)); err != nil {
			t.Fatal(err)
		}
		for _, env := range keeper.environments() {
			if got, want := published(env), fmt.Sprintf("%d map[paddock.dev/audit:paddock-audit-head]", size); got != want {
				t.Errorf("%s has %s, want %s", env, got, want)
			}
		}
	}
	keeper.record = followed{2}
	err = keeper.Publish(t.Context(), head(2))
	if err == nil || !strings.Contains(err.Error(), "does not begin with them any more") {
		t.Errorf("a shorter record is published: %v", err)
	}
	if got := published("prod"); !strings.HasPrefix(got, "5 ") {
		t.Errorf("the evidence is replaced: %s", got)
	}
}
