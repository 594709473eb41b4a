package proc

import (
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// Go does not end the main thread, so a forker that worked on it would leave its
// children alive. With one processor that thread is picked often.
func TestCloseAlwaysEndsTheThread(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 50 {
		f := newForker()
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = []string{"PROC_TEST_ROLE=sleep"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := f.start(cmd); err != nil {
			t.Fatal(err)
		}
		f.close()
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		eventually(t, "the child ends with the thread", func() bool {
			select {
			case <-ended:
				return true
			default:
				return false
			}
		})
	}
}
