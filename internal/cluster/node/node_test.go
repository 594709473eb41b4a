package node

import (
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"paddock.dev/internal/cluster/image"
	"paddock.dev/internal/cluster/node/environ"
	"paddock.dev/internal/cluster/node/podstatus"
)

func TestBackoff(t *testing.T) {
	var b backoff
	var got []string
	for range 9 {
		got = append(got, b.after(time.Second).String())
	}
	if text := strings.Join(got, " "); text != "0s 1s 2s 4s 8s 16s 32s 1m0s 1m0s" {
		t.Error(text)
	}
	if pause := b.after(wellAfter); pause != 0 {
		t.Errorf("after a long run: %s", pause)
	}
}

// The list of addresses merges by address: a plain patch would make two of one,
// and the API server would refuse every status from then on.
func TestStatusPatchReplacesAddresses(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "u"}, Status: corev1.PodStatus{
		PodIP: "10.1.0.1", PodIPs: []corev1.PodIP{{IP: "10.1.0.1"}},
		Conditions: []corev1.PodCondition{{Type: "Theirs", Status: corev1.ConditionTrue}},
	}}
	status := *pod.Status.DeepCopy()
	status.PodIP, status.PodIPs = "10.1.0.2", []corev1.PodIP{{IP: "10.1.0.2"}}
	patch, err := statusPatch(pod, status)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(pod)
	after, err := strategicpatch.StrategicMergePatch(before, patch, corev1.Pod{})
	if err != nil {
		t.Fatal(err)
	}
	var result corev1.Pod
	if err := json.Unmarshal(after, &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Status.PodIPs) != 1 || result.Status.PodIPs[0].IP != "10.1.0.2" || len(result.Status.Conditions) != 1 {
		t.Errorf("%s makes %+v", patch, result.Status)
	}
	if !strings.Contains(string(patch), `"uid":"u"`) {
		t.Errorf("not bound to the pod: %s", patch)
	}
}

func ended(code int32) *corev1.ContainerStateTerminated {
	return &corev1.ContainerStateTerminated{ExitCode: code, StartedAt: metav1.Unix(1, 0), FinishedAt: metav1.Unix(2, 0)}
}

func TestAgain(t *testing.T) {
	const always, onFailure, never = corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	for _, c := range []struct {
		kind   podstatus.Kind
		latest *corev1.ContainerStateTerminated
		want   string // for always, onFailure, never
	}{
		{podstatus.Main, nil, "yyy"},
		{podstatus.Main, ended(0), "ynn"},
		{podstatus.Main, ended(1), "yyn"},
		{podstatus.Init, ended(0), "nnn"},
		{podstatus.Init, ended(1), "yyn"},
		{podstatus.Sidecar, ended(0), "yyy"},
	} {
		got := ""
		for _, policy := range []corev1.RestartPolicy{always, onFailure, never} {
			if (&container{kind: c.kind, latest: c.latest}).again(policy) {
				got += "y"
			} else {
				got += "n"
			}
		}
		if got != c.want {
			t.Errorf("%d after %v: %s, want %s", c.kind, c.latest, got, c.want)
		}
	}
}

// What the API remembers decides what a new agent does.
func TestRecall(t *testing.T) {
	spec := &corev1.Container{Name: "c"}
	for name, c := range map[string]struct {
		status corev1.ContainerStatus
		code   int32 // -1: has not run
		policy corev1.RestartPolicy
		again  bool
	}{
		"never ran":  {corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}}, -1, corev1.RestartPolicyNever, true},
		"ran":        {corev1.ContainerStatus{Name: "c", RestartCount: 2, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}, 137, corev1.RestartPolicyAlways, true},
		"job ran":    {corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}, 137, corev1.RestartPolicyNever, false},
		"job done":   {corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Terminated: ended(0)}}, 0, corev1.RestartPolicyOnFailure, false},
		"crash loop": {corev1.ContainerStatus{Name: "c", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}, LastTerminationState: corev1.ContainerState{Terminated: ended(3)}}, 3, corev1.RestartPolicyAlways, true},
		"other":      {corev1.ContainerStatus{Name: "d", State: corev1.ContainerState{Terminated: ended(0)}}, -1, corev1.RestartPolicyAlways, true},
	} {
		got := recall(spec, podstatus.Main, []corev1.ContainerStatus{c.status})
		if c.code < 0 && got.latest != nil || c.code >= 0 && (got.latest == nil || got.latest.ExitCode != c.code) {
			t.Errorf("%s: %+v", name, got.latest)
		}
		if got.ran != (c.code >= 0) || got.again(c.policy) != c.again {
			t.Errorf("%s: ran %v, again %v", name, got.ran, got.again(c.policy))
		}
	}
}

func TestContainerStatus(t *testing.T) {
	for name, c := range map[string]struct {
		c     container
		inits bool
		state string
		last  bool
	}{
		"new":            {container{waiting: corev1.ContainerStateWaiting{Reason: reasonCreating}}, false, "ContainerCreating", false},
		"behind others":  {container{waiting: corev1.ContainerStateWaiting{Reason: reasonCreating}}, true, "PodInitializing", false},
		"ended":          {container{latest: ended(0), previous: ended(1)}, false, "exit 0", true},
		"crash loop":     {container{latest: ended(1), waiting: corev1.ContainerStateWaiting{Reason: reasonCrash}}, false, "CrashLoopBackOff", true},
		"starting again": {container{latest: ended(1), waiting: corev1.ContainerStateWaiting{Reason: reasonCreating}}, false, "ContainerCreating", true},
	} {
		c.c.spec = &corev1.Container{Name: "c"}
		s := c.c.status(c.inits)
		got := ""
		switch {
		case s.State.Waiting != nil:
			got = s.State.Waiting.Reason
		case s.State.Terminated != nil:
			got = "exit 0"
		}
		if got != c.state || (s.LastTerminationState.Terminated != nil) != c.last {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestCommand(t *testing.T) {
	img := image.Image{Entrypoint: []string{"/app"}, Cmd: []string{"serve"}}
	for _, c := range []struct {
		command, args []string
		want          string
	}{
		{nil, nil, "/app serve"},
		{nil, []string{"migrate"}, "/app migrate"},
		{[]string{"/tool"}, nil, "/tool"},
		{[]string{"/tool"}, []string{"x"}, "/tool x"},
	} {
		if got := strings.Join(command(environ.Result{Command: c.command, Args: c.args}, img), " "); got != c.want {
			t.Errorf("got %q want %q", got, c.want)
		}
	}
}

func TestNanocores(t *testing.T) {
	at := time.Unix(1000, 0)
	for want, seen := range map[int64][]sample{
		500_000_000:   {{at, time.Second}, {at.Add(2 * time.Second), 2 * time.Second}},
		2_000_000_000: {{at, 0}, {at.Add(time.Second), 9 * time.Second}, {at.Add(6 * time.Second), 12 * time.Second}},
		0:             {{at, time.Second}, {at.Add(time.Second), 0}},
	} {
		if got := nanocores(seen); got != want {
			t.Errorf("%v: %d", seen, got)
		}
	}
}

func TestListenUnixReplacesWhatIsDead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	l, err := listenUnix(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := listenUnix(path); err == nil {
		t.Error("took the place of one that lives")
	}
}
