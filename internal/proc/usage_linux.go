package proc

import "slices"

// Sampler reads the usage of process trees. It remembers which processes are
// strangers, so that on a machine with thousands of them a sample costs one
// directory listing and a file for each of our own. Not for concurrent use.
type Sampler struct {
	roots    map[int]bool
	known    map[int]bool // number -> whether it is ours
	scratch  [1024]byte
	previous map[int]Usage
}

// Sample returns the usage of each root, its group and its descendants. A root
// that has ended is missing from the answer.
func (s *Sampler) Sample(roots []int) (map[int]Usage, error) {
	pids, err := numbers()
	if err != nil {
		return nil, err
	}
	s.meet(roots)
	stats := make(map[int]stat, 2*len(roots))
	known := make(map[int]bool, len(pids))
	for _, pid := range pids {
		if ours, seen := s.known[pid]; seen && !ours {
			known[pid] = false
			continue
		}
		if st, err := readStat(pid, s.scratch[:]); err == nil {
			stats[pid] = st
		}
	}
	usages := make(map[int]Usage, len(roots))
	for pid, st := range stats {
		root := s.rootOf(pid, stats)
		known[pid] = root != 0
		if root == 0 {
			continue
		}
		u := usages[root]
		u.CPU += st.cpu
		u.Resident += max(st.residentSize, 0)
		u.Processes++
		usages[root] = u
	}
	for root, u := range usages {
		if _, alive := stats[root]; !alive {
			delete(usages, root)
			continue
		}
		// A descendant that ends unwaited takes its time with it. Figures are
		// differences, so what was counted stays counted.
		u.CPU = max(u.CPU, s.previous[root].CPU)
		usages[root] = u
	}
	s.known, s.previous = known, usages
	return usages, nil
}

// meet forgets who is a stranger when there is a new root: its children may
// have been seen before it was known.
func (s *Sampler) meet(roots []int) {
	if slices.ContainsFunc(roots, func(pid int) bool { return !s.roots[pid] }) {
		s.known = nil
	}
	s.roots = make(map[int]bool, len(roots))
	for _, pid := range roots {
		s.roots[pid] = true
	}
}

// rootOf is the root whose group or descendant pid is, or 0.
func (s *Sampler) rootOf(pid int, stats map[int]stat) int {
	for hops := 0; pid > 1 && hops < 64; hops++ {
		if s.roots[pid] {
			return pid
		}
		st, ok := stats[pid]
		if !ok {
			return 0
		}
		if s.roots[st.group] {
			return st.group
		}
		pid = st.parent
	}
	return 0
}
