package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
		ValidArgsFunction: a.complete(completeServices),
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
			l := &logs{logsOptions: o, client: p.Client, core: core, out: a.streams.Out, err: a.streams.Err, paint: paint(a.streams.OutColor), seen: map[incarnation]bool{}}
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

	mu       sync.Mutex // guards the writers
	out, err io.Writer

	// seen are the runs of containers that were opened already.
	seen map[incarnation]bool
}

// incarnation is one run of a container.
type incarnation struct {
	pod       types.UID
	container string
	restarts  int32
}

func (l *logs) run(ctx context.Context) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	if l.follow {
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		return repeat(ctx, func(ctx context.Context) error {
			_, err := l.open(ctx, &readers)
			return err
		})
	}
	n, err := l.open(ctx, &readers)
	if err == nil && n == 0 {
		return diag.Problem{Severity: diag.Error, ID: "no-pods", Summary: fmt.Sprintf("No pod of %s has logs in %s", l.service, l.env), Fix: "See what runs: paddock status"}
	}
	return err
}

// open starts a reader for every run of a container that has none yet.
func (l *logs) open(ctx context.Context, readers *sync.WaitGroup) (opened int, err error) {
	var pods corev1.PodList
	labels := client.MatchingLabels{v1.LabelService: l.service}
	if l.release != "" {
		labels[v1.LabelRelease] = l.release
	}
	if err := l.client.List(ctx, &pods, client.InNamespace(l.env), labels); err != nil {
		return 0, fmt.Errorf("list pods: %w", err)
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	for i := range pods.Items {
		pod := &pods.Items[i]
		for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			run := incarnation{pod.UID, s.Name, s.RestartCount}
			if l.seen[run] || !l.has(s) {
				continue
			}
			l.seen[run] = true
			opened++
			o := &corev1.PodLogOptions{Container: s.Name, Follow: l.follow, Previous: l.previous}
			// The tail is about the past: a run that appears while following is
			// printed whole.
			if l.tail >= 0 && s.RestartCount == 0 || l.tail >= 0 && !l.follow {
				o.TailLines = &l.tail
			}
			prefix := pod.Name
			if len(pod.Spec.Containers) > 1 || len(pod.Spec.InitContainers) > 0 {
				prefix += "/" + s.Name
			}
			readers.Go(func() { l.read(ctx, pod.Name, prefix, o) })
		}
	}
	return opened, nil
}

// has reports whether the container's run has printed anything one could read.
func (l *logs) has(s corev1.ContainerStatus) bool {
	if l.previous {
		return s.RestartCount > 0
	}
	return s.State.Running != nil || s.State.Terminated != nil
}

func (l *logs) read(ctx context.Context, pod, prefix string, o *corev1.PodLogOptions) {
	stream, err := l.core.Pods(l.env).GetLogs(pod, o).Stream(ctx)
	if err == nil {
		err = l.copy(prefix, stream)
		_ = stream.Close()
	}
	if err != nil && ctx.Err() == nil && !apierrors.IsNotFound(err) && !errors.Is(err, io.ErrUnexpectedEOF) {
		l.mu.Lock()
		defer l.mu.Unlock()
		fmt.Fprintf(l.err, "%s: %s\n", prefix, safe(err.Error()))
	}
}

// copy prints line by line. A line longer than the buffer is cut in pieces
// rather than kept in memory whole.
func (l *logs) copy(prefix string, stream io.Reader) error {
	r := bufio.NewReaderSize(stream, 64<<10)
	label := l.paint.as(prefixColor(prefix), prefix)
	for {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			err = nil
		}
		if len(line) > 0 {
			l.mu.Lock()
			_, werr := fmt.Fprintf(l.out, "%s %s\n", label, safe(strings.TrimRight(string(line), "\r\n")))
			l.mu.Unlock()
			if werr != nil {
				return werr
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

// prefixColor gives a pod the same colour every time.
func prefixColor(name string) string {
	colors := []string{green, yellow, blue, "35", "36"}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return colors[h.Sum32()%uint32(len(colors))]
}
