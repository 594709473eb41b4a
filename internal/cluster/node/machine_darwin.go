package node

import "golang.org/x/sys/unix"

// machineMemory is the memory of the machine in bytes.
func machineMemory() (int64, error) {
	size, err := unix.SysctlUint64("hw.memsize")
	return int64(size), err
}

func kernelVersion() string {
	v, err := unix.Sysctl("kern.osrelease")
	if err != nil {
		return ""
	}
	return v
}
