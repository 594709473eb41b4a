package access

// Limits are how many different things are kept apart. What comes after is
// counted as "other"; the totals stay exact, and the report says so.
type Limits struct {
	Clients, Paths, Hosts, Agents, Targets, Groups int
	// URLs are kept to find what a cache could answer. When there are more, the
	// rarest are forgotten.
	URLs int
	// Cells bounds the counts by path, time and duration. When there are more,
	// pieces of time become longer.
	Cells int
}

// DefaultLimits keep an analyst below about 200 MiB, whatever it reads.
var DefaultLimits = Limits{
	Clients: 100_000, Paths: 30_000, Hosts: 4_000, Agents: 30_000, Targets: 10_000, Groups: 100_000,
	URLs: 1 << 15, Cells: 3 << 20,
}

// otherName is what things beyond a limit are called, and number 0 of each index.
const otherName = "(other)"

// named is an index whose number 0 is for everything else.
type named struct {
	index
	limit int
	// folded is how many requests went to number 0.
	folded uint64
}

func newNamed(limit int) named {
	n := named{index: newIndex(), limit: limit}
	n.index.find([]byte(otherName), 1)
	return n
}

func (n *named) find(key []byte) (int, bool) {
	id, fresh := n.index.find(key, n.limit+1)
	if id < 0 {
		n.folded++
		return 0, false
	}
	return id, fresh
}

// tally is a short list of words, such as methods.
type tally struct {
	words []string
	count []uint64
}

func (t *tally) add(word []byte, n uint64) {
	for i, w := range t.words {
		if w == string(word) {
			t.count[i] += n
			return
		}
	}
	if len(t.words) == 32 {
		t.addString(otherName, n)
		return
	}
	t.addString(string(word), n)
}

func (t *tally) addString(word string, n uint64) {
	for i, w := range t.words {
		if w == word {
			t.count[i] += n
			return
		}
	}
	t.words, t.count = append(t.words, word), append(t.count, n)
}
