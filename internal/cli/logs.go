package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/diag"
)

// logsOptions are the arguments of `paddock logs`.
type logsOptions struct {
	service, env, release string
	follow, previous      bool
	tail                  int64
}

func newLogs(a *app) *cobra.Command {
	var o logsOptions
	cmd := &cobra.Command{
		Use:   "logs SERVICE --env ENV",
		Short: "Print what a service's pods print, all of them together",
		Example: `  paddock logs booking --env prod --follow

  # only the canary's
  paddock logs booking --env prod --follow --release booking-1.13.0

  # why it ended the last time
  paddock logs booking --env dev --previous --tail 20`,
		Args:              exactly("SERVICE"),
		ValidArgsFunction: a.completeFirst(completeServices),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.service = args[0]
			if o.env == "" {
				return usage("missing-flag", "--env is missing", "Say where: --env prod")
			}
			if o.follow && o.previous {
				return usage("flags-exclude", "--follow and --previous exclude each other", "A container that ended prints no more; leave out --follow.")
			}
			p, err := a.connect()
			if err != nil {
				return err
			}
			in, err := p.Snapshot(cmd.Context(), a.cfg.Now())
			if err != nil {
				return err
			}
			if err := knownService(in, o.service); err != nil {
				return err
			}
			if err := knownEnvironment(in, o.env); err != nil {
				return err
			}
			core, err := typedv1.NewForConfig(p.Config)
			if err != nil {
				return err
			}
			l := &logs{logsOptions: o, client: p.Client, core: core, out: a.streams.Out, err: a.streams.Err, paint: paint(a.streams.OutColor), alive: p.State.Alive}
			return l.run(cmd.Context())
		},
	}
	a.environmentFlag(cmd, &o.env)
	f := cmd.Flags()
	f.BoolVarP(&o.follow, "follow", "f", false, "keep printing, also from pods that appear later, until interrupted")
	f.BoolVar(&o.previous, "previous", false, "from the containers' previous run")
	f.Int64Var(&o.tail, "tail", -1, "begin with the last so many lines of each pod; -1 is all")
	f.StringVar(&o.release, "release", "", "only the pods of this release")
	_ = cmd.RegisterFlagCompletionFunc("release", a.complete(completeReleases))
	return cmd
}

// logs prints the logs of many pods without mixing lines.
type logs struct {
	logsOptions
	client client.Reader
	core   typedv1.PodsGetter
	paint  paint
	// alive reports whether the supervisor still runs.
	alive func() bool

	mu       sync.Mutex // guards what follows, and what is in each reading
	out, err io.Writer
	// broken is why nothing can be printed any more.
	broken error
	// readings are nil before the first look.
	readings map[incarnation]*reading
}

// incarnation is one run of a container.
type incarnation struct {
	pod       types.UID
	container string
	restarts  int32
}

// reading is how far one run of a container was read.
type reading struct {
	pod, container, prefix string
	// tail is how many lines to begin with, when there is a limit.
	tail *int64
	// open: a stream is being read. opened: one was. over: there is no more.
	open, opened, over bool
	// told says that it could not be opened, and that it was said.
	told bool
	// last is the time of the last whole line that was printed, and count how
	// many lines of that very time were.
	last  time.Time
	count int
}

func (l *logs) run(ctx context.Context) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	if l.follow {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		wait := patience{alive: l.alive, say: l.say}
		return repeat(ctx, func(ctx context.Context) error {
			l.mu.Lock()
			broken := l.broken
			l.mu.Unlock()
			if broken != nil {
				return broken
			}
			if _, err := l.start(ctx, &readers); err != nil {
				return wait.failed(ctx, err)
			}
			wait.answered()
			return nil
		})
	}
	n, err := l.start(ctx, &readers)
	if err == nil && n == 0 {
		return diag.Problem{Severity: diag.Error, ID: "no-pods", Summary: fmt.Sprintf("No pod of %s has logs in %s", l.service, l.env), Fix: "See what runs: paddock status"}
	}
	return err
}

// start reads every run of a container that is not being read and may have
// something new to say.
func (l *logs) start(ctx context.Context, readers *sync.WaitGroup) (started int, err error) {
	var pods corev1.PodList
	labels := client.MatchingLabels{v1.LabelService: l.service}
	if l.release != "" {
		labels[v1.LabelRelease] = l.release
	}
	if err := l.client.List(ctx, &pods, client.InNamespace(l.env), labels); err != nil {
		return 0, fmt.Errorf("list pods: %w", err)
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.readings == nil
	if first {
		l.readings = map[incarnation]*reading{}
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			if !l.has(s) {
				continue
			}
			run := incarnation{pod.UID, s.Name, s.RestartCount}
			r := l.readings[run]
			if r == nil {
				r = &reading{pod: pod.Name, container: s.Name, prefix: pod.Name}
				if len(pod.Spec.Containers) > 1 || len(pod.Spec.InitContainers) > 0 {
					r.prefix += "/" + s.Name
				}
				// The tail is about the past: a run that appears while following is
				// printed whole.
				if first && l.tail >= 0 {
					r.tail = &l.tail
				}
				l.readings[run] = r
			}
			// A stream that ended before its container was broken.
			if r.open || r.over || r.opened && s.State.Running == nil {
				continue
			}
			r.open = true
			started++
			o := l.options(r)
			readers.Go(func() { l.read(ctx, r, o) })
		}
	}
	return started, nil
}

// options are those of the first stream, or of one that goes on where the last
// one ended. The API takes whole seconds; print leaves out what is too much.
func (l *logs) options(r *reading) *corev1.PodLogOptions {
	o := &corev1.PodLogOptions{Container: r.container, Follow: l.follow, Timestamps: l.follow, Previous: l.previous}
	if r.last.IsZero() {
		o.TailLines = r.tail
	} else {
		since := metav1.NewTime(r.last.Truncate(time.Second))
		o.SinceTime = &since
	}
	return o
}

// has reports whether the container's run has printed anything one could read.
func (l *logs) has(s corev1.ContainerStatus) bool {
	if l.previous {
		return s.RestartCount > 0
	}
	return s.State.Running != nil || s.State.Terminated != nil
}

func (l *logs) say(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.err, safe(text))
}

func (l *logs) read(ctx context.Context, r *reading, o *corev1.PodLogOptions) {
	began := time.Now()
	stream, err := l.core.Pods(l.env).GetLogs(r.pod, o).Stream(ctx)
	opened := err == nil
	if opened {
		if o.TailLines != nil && *o.TailLines == 0 { // else the next stream would leave out what comes now
			l.mu.Lock()
			r.last, r.count = began, 0
			l.mu.Unlock()
		}
		err = l.copy(r, stream)
		_ = stream.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r.open, r.opened, r.over = false, r.opened || opened, !l.follow || apierrors.IsNotFound(err)
	switch {
	case err == nil, ctx.Err() != nil, r.over && apierrors.IsNotFound(err), errors.Is(err, io.ErrUnexpectedEOF):
	case l.follow && (opened || r.told): // it is opened again
	default:
		r.told = true
		fmt.Fprintf(l.err, "%s: %s\n", r.prefix, safe(err.Error()))
	}
}

// copy prints line by line. A line longer than the buffer is cut in pieces
// rather than kept in memory whole.
func (l *logs) copy(r *reading, stream io.Reader) error {
	in := bufio.NewReaderSize(stream, 64<<10)
	label := l.paint.as(prefixColor(r.prefix), r.prefix)
	again := resumed{last: r.last, count: r.count}
	var at time.Time
	var leftOut, inside bool // inside a line: the piece before had no end
	for {
		piece, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
		}
		if len(piece) > 0 {
			text := piece
			if l.follow && !inside {
				at, text = timestamp(piece)
				leftOut = again.has(at)
			}
			whole := piece[len(piece)-1] == '\n'
			inside = !whole
			if !leftOut {
				if err := l.print(r, label, text, at, whole); err != nil {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// print writes a piece of a line, and remembers a whole line's time.
func (l *logs) print(r *reading, label string, text []byte, at time.Time, whole bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := fmt.Fprintf(l.out, "%s %s\n", label, safe(strings.TrimRight(string(text), "\r\n"))); err != nil {
		l.broken = err
		return err
	}
	switch {
	case !whole || at.IsZero():
	case at.Equal(r.last):
		r.count++
	default:
		r.last, r.count = at, 1
	}
	return nil
}

// timestamp takes the time off a line; it is zero when there is none.
func timestamp(line []byte) (time.Time, []byte) {
	stamp, text, ok := bytes.Cut(line, []byte(" "))
	if !ok {
		return time.Time{}, line
	}
	at, err := time.Parse(time.RFC3339Nano, string(stamp))
	if err != nil {
		return time.Time{}, line
	}
	return at, text
}

// resumed knows which lines of a stream were printed from the one before:
// everything before the last time, and so many lines of it.
type resumed struct {
	last  time.Time
	count int
}

func (s *resumed) has(at time.Time) bool {
	if at.IsZero() || s.last.IsZero() || at.After(s.last) {
		return false
	}
	if at.Before(s.last) {
		return true
	}
	s.count--
	return s.count >= 0
}

// prefixColor gives a pod the same colour every time.
func prefixColor(name string) string {
	colors := []string{green, yellow, blue, "35", "36"}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return colors[h.Sum32()%uint32(len(colors))]
}
