package proc

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// mark is the variable in the environment of every process we start. It is
// inherited, so it also finds descendants that left their group.
const mark = "PADDOCK_PROCESS"

// Keeper starts processes and remembers them in a directory.
type Keeper struct {
	dir    string
	forker *forker
}

// NewKeeper keeps its records in dir, which it makes when missing. Only one
// Keeper may use a directory at a time.
func NewKeeper(dir string) (*Keeper, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("records of processes: %w", err)
	}
	return &Keeper{dir: dir, forker: newForker()}, nil
}

// Start starts cmd as the leader of a new process group. The name is unique
// among the running processes of this Keeper; it may hold any characters. The
// caller must Wait, also after a Kill.
func (k *Keeper) Start(name string, cmd *exec.Cmd) (*Process, error) {
	token := rand.Text()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(slices.Clip(cmd.Env), mark+"="+token)
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	dieWithParent(cmd.SysProcAttr)
	if err := k.forker.start(cmd); err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, token: token, record: filepath.Join(k.dir, fileName(name))}
	started, _ := StartTime(cmd.Process.Pid)
	err := writeRecord(p.record, Record{Name: name, Pid: cmd.Process.Pid, Started: started, Boot: bootID(), Token: token})
	if err != nil {
		// A process that nobody can find again must not run.
		_ = p.Kill()
		_ = p.Wait()
		return nil, err
	}
	return p, nil
}

// Close ends the thread that started the processes; on Linux those that still
// run are killed.
func (k *Keeper) Close() { k.forker.close() }

// Recover kills what a killed predecessor left behind, and returns it. Call it
// before the first Start.
func (k *Keeper) Recover(ctx context.Context) ([]Record, error) {
	records, err := readRecords(k.dir)
	if err != nil {
		return nil, err
	}
	var found []Record
	for _, r := range records {
		alive := leftovers(r)
		if len(alive) > 0 {
			found = append(found, r)
		}
		for len(alive) > 0 {
			for _, pid := range alive {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			// They are not our children, so nobody tells us when they are gone.
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return found, fmt.Errorf("process %d of %s does not end: %w", alive[0], r.Name, ctx.Err())
			}
			alive = leftovers(r)
		}
		if err := os.Remove(filepath.Join(k.dir, fileName(r.Name))); err != nil && !os.IsNotExist(err) {
			return found, err
		}
	}
	return found, nil
}

// leftovers are the living processes of a record. A group number is not given
// away while a member lives, so as long as the leader's number is not somebody
// else's, the group is ours.
func leftovers(r Record) []int {
	if r.Boot != bootID() {
		return nil
	}
	pids := marked(r.Token)
	if started, alive := StartTime(r.Pid); alive && started == r.Started && !slices.Contains(pids, r.Pid) {
		pids = append(pids, r.Pid)
	}
	return pids
}
