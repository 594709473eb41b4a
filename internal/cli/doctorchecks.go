package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/store"
)

func checkSystem(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "system", Result: checkOK, Found: runtime.GOOS + "/" + runtime.GOARCH}
	if runtime.GOOS != "linux" {
		c.Result, c.Remedy = checkFailed, "Pods need Linux: run Paddock in a Linux machine, virtual or real."
		return c
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		c.Found += ", kernel " + unix.ByteSliceToString(u.Release[:])
	}
	return c
}

func checkIsolation(context.Context, string) v1.DoctorCheck {
	who := "without root"
	if os.Geteuid() == 0 {
		who = "as root"
	}
	return v1.DoctorCheck{
		Name: "isolation", Result: checkInfo,
		Found:  "level process, " + who + ": pods are host processes; network policies and limits are written but not enforced",
		Remedy: "This version has no stronger level. Run only code that you would run without a container.",
	}
}

func checkLoopback(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "addresses", Result: checkOK, Found: "any 127.x.y.z can be bound, one for every pod and service"}
	l, err := net.Listen("tcp", "127.244.13.7:0")
	if err != nil {
		c.Result, c.Found = checkFailed, err.Error()
		c.Remedy = "Pods need addresses in 127.0.0.0/8; Linux has them all on its loopback interface: ip addr show lo"
		return c
	}
	_ = l.Close()
	return c
}

func checkGateway(_ context.Context, root string) v1.DoctorCheck {
	return checkPort(root, "gateway", "127.0.0.1:8080")
}

func checkConsole(_ context.Context, root string) v1.DoctorCheck {
	return checkPort(root, "console", "127.0.0.1:8081")
}

// checkPort looks whether the default address of up is free, or ours.
func checkPort(root, name, address string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: name, Result: checkOK, Found: address + " is free"}
	l, err := net.Listen("tcp", address)
	if err == nil {
		_ = l.Close()
		return c
	}
	for _, s := range running(root) {
		if s.Gateway == address || s.Console == address {
			c.Found = address + " is used by the platform " + s.Name
			return c
		}
	}
	c.Result, c.Found = checkFailed, err.Error()
	if errors.Is(err, syscall.EADDRINUSE) {
		c.Found = address + " is used by another program"
	}
	c.Remedy = "Choose another one: paddock up FILE --" + name + " 127.0.0.1:0"
	return c
}

func checkGit(ctx context.Context, _ string) v1.DoctorCheck {
	return checkProgram(ctx, "git", []string{"version"}, "Services are pushed with git: apt-get install git, or https://git-scm.com/downloads")
}

func checkGo(ctx context.Context, _ string) v1.DoctorCheck {
	return checkProgram(ctx, "go", []string{"version"}, "Go services are built with the Go toolchain: https://go.dev/dl")
}

func checkProgram(ctx context.Context, name string, args []string, remedy string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: name, Result: checkOK}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	path, err := exec.LookPath(name)
	if err != nil {
		c.Result, c.Found, c.Remedy = checkFailed, "not on the PATH", remedy
		return c
	}
	text, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		c.Result, c.Found, c.Remedy = checkFailed, fmt.Sprintf("%s %s: %v", path, strings.Join(args, " "), err), remedy
		return c
	}
	c.Found = strings.TrimSpace(string(text)) + " (" + path + ")"
	return c
}

func checkProcessors(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "processors", Result: checkOK, Found: count(runtime.NumCPU(), "processor")}
	if runtime.NumCPU() < 2 {
		c.Result, c.Remedy = checkWarning, "It will work, slowly: two or more are better."
	}
	return c
}

// Enough for the control side and the example's pods in four environments.
const enoughMemory, enoughDisk = 2 << 30, 4 << 30

func checkMemory(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "memory", Result: checkOK}
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		c.Result, c.Found = checkWarning, err.Error()
		return c
	}
	free, ok := meminfo(string(text), "MemAvailable")
	if !ok {
		c.Result, c.Found = checkWarning, "/proc/meminfo does not say how much is available"
		return c
	}
	c.Found = gib(free) + " available"
	if limit, used, ok := memoryLimit("/sys/fs/cgroup"); ok && limit-used < free {
		free = limit - used
		c.Found = fmt.Sprintf("%s available within this session's limit of %s", gib(free), gib(limit))
	}
	if free < enoughMemory {
		c.Result, c.Remedy = checkWarning, "A small platform wants "+gib(enoughMemory)+"; close something, or use fewer replicas."
	}
	return c
}

// meminfo reads one line of /proc/meminfo, in bytes.
func meminfo(text, name string) (bytes int64, ok bool) {
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(line, name+":")
		if !found {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
		return n << 10, err == nil && n >= 0 && n < 1<<50
	}
	return 0, false
}

// memoryLimit is that of the control group that this process sees as the top.
func memoryLimit(dir string) (limit, used int64, ok bool) {
	read := func(name string) (int64, error) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return 0, err
		}
		return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	}
	limit, err1 := read("memory.max")
	used, err2 := read("memory.current")
	return limit, used, err1 == nil && err2 == nil
}

func checkDisk(_ context.Context, root string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "disk", Result: checkOK}
	dir := root
	var s unix.Statfs_t
	for {
		err := unix.Statfs(dir, &s)
		if err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir || !errors.Is(err, unix.ENOENT) {
			c.Result, c.Found, c.Remedy = checkFailed, fmt.Sprintf("%s: %v", dir, err), "Choose another directory with --data or PADDOCK_DATA."
			return c
		}
		dir = parent
	}
	free := int64(s.Bavail) * int64(s.Bsize)
	c.Found = gib(free) + " free for " + root
	switch {
	case unix.Access(dir, unix.W_OK) != nil:
		c.Result, c.Found, c.Remedy = checkFailed, dir+" cannot be written", "Choose another directory with --data or PADDOCK_DATA."
	case free < enoughDisk:
		c.Result, c.Remedy = checkWarning, "Builds and images want "+gib(enoughDisk)+"; make room, or choose another directory with --data."
	}
	return c
}

func checkNamespaces(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "namespaces", Result: checkInfo, Found: "user namespaces are allowed"}
	if text, err := os.ReadFile("/proc/sys/user/max_user_namespaces"); err != nil || strings.TrimSpace(string(text)) == "0" {
		c.Found = "user namespaces are not allowed"
	} else if text, err := os.ReadFile("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"); err == nil && strings.TrimSpace(string(text)) == "1" {
		c.Found = "user namespaces are restricted by AppArmor"
	}
	c.Found += "; the level process does not need them"
	return c
}

func checkCgroups(context.Context, string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "cgroups", Result: checkInfo, Found: "version 1 or none"}
	if text, err := os.ReadFile("/sys/fs/cgroup/cgroup.controllers"); err == nil {
		c.Found = "version 2 with " + strings.TrimSpace(string(text))
		if unix.Access("/sys/fs/cgroup", unix.W_OK) != nil {
			c.Found += ", not delegated to this user"
		}
	}
	c.Found += "; the level process does not need them"
	return c
}

func checkPlatforms(_ context.Context, root string) v1.DoctorCheck {
	c := v1.DoctorCheck{Name: "platforms", Result: checkInfo, Found: "none runs"}
	var found []string
	for _, s := range running(root) {
		found = append(found, fmt.Sprintf("%s (process %d, gateway %s, console %s)", s.Name, s.PID, s.Gateway, s.Console))
	}
	if len(found) > 0 {
		c.Found = strings.Join(found, ", ")
	}
	return c
}

// running are the states of the platforms that run.
func running(root string) []store.State {
	names, _ := store.Platforms(root)
	var states []store.State
	for _, name := range names {
		if s, ok, err := store.At(root, name).ReadState(); err == nil && ok && s.Alive() {
			states = append(states, s)
		}
	}
	return slices.Clip(states)
}

func gib(bytes int64) string { return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30)) }
