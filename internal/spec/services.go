package spec

import (
	"slices"
	"strings"
	"time"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/addr"
	"paddock.dev/internal/model"
)

// resolveServices is every service as it is in one environment.
func (s *resolver) resolveServices(e *environment) []model.Service {
	services := make([]model.Service, 0, len(e.services))
	for place, name := range s.services.list {
		if b, ok := e.services[name]; ok {
			service := s.resolveService(e, name, b)
			service.Place = place
			services = append(services, service)
		}
	}
	slices.SortFunc(services, func(a, b model.Service) int { return strings.Compare(a.Name, b.Name) })
	return services
}

// resolveService checks and resolves one service in one environment. Checks
// repeat in every environment; problems that repeat with them are told once.
// What was resolved is written back to the block, for those who ask for it in
// the words of the file.
func (s *resolver) resolveService(e *environment, name string, at *placed[v1.ServiceBlock]) model.Service {
	s.reasons = nil
	b, tree := &at.value, at.tree
	s.resolveLanguage(name, b, tree)
	out := model.Service{
		Name: name, Args: b.Args, Team: b.Team, Runtime: model.Runtime(b.Runtime),
		Health:    model.Health{Live: string(b.Health.Live), Ready: string(b.Health.Ready)},
		Size:      model.Size{CPUMilli: int64(b.Size.CPU), MemoryBytes: int64(b.Size.Memory)},
		Tier:      int(b.Tier),
		Data:      model.DataClass(b.Data),
		Strict:    b.Isolation == "strict",
		Migrate:   b.Migrate,
		Egress:    s.domains(b.Egress, func(i int) span { return tree.item(i, "egress") }),
		Secrets:   s.resolveSecrets(b, tree),
		Sensitive: s.resolveSensitive(b, tree),
	}
	if b.Language != nil {
		out.Language = string(*b.Language)
	}
	if b.Source != nil && b.Source.Git != "" {
		out.Source = s.resolveSource(name, *b.Source, tree)
	}
	s.resolvePorts(name, b, tree, &out)
	s.owner(b.Team, tree)
	if b.Size.Memory > 0 && b.Size.Memory < 4<<20 {
		s.warn(idSmallMemory, tree.valueAt("size", "memory"), "%s of memory is less than any program needs", b.Size.Memory).
			Fix = "Did you mean " + strings.TrimRight(b.Size.Memory.String(), "KMi") + "Mi?"
	}
	out.Instance = s.resolveInstance(name, b, tree)
	inPCI := b.Segment == "pci"
	out.Segment = s.resolveSegment(e, &b.Segment, tree, "the first segment", func() string { return first(s.segments) })
	out.Encryption = s.resolveEncryption(b, inPCI || b.Segment == "pci")
	out.Uses, out.Edges = s.resolveUses(e, name, b.Uses, tree)
	out.Produce, out.Consume = s.resolveTopicUse(e, name, b, tree)
	out.Settings = s.resolveSettings(b.Settings, b.Uses, tree)
	s.checkArgs(*b, tree)
	out.Scale = s.resolveScale(e, name, at)
	out.Objective = s.resolveObjective(b.Objective, tree)
	out.Routes = s.resolveRoutes(e, name, "routes", &b.Routes, s.file.Domain, tree)
	out.Private = s.resolveRoutes(e, name, "private", &b.Private, string(s.file.Network.Private), tree)
	if b.Schedule != nil {
		out.Schedule = &model.Schedule{Cron: b.Schedule.Fields, Zone: b.Schedule.Zone}
	}
	s.places.add(e.name, addr.Address{Kind: addr.Service, Name: name}, b, s.reasons)
	return out
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// resolveLanguage agrees on a language: that of the service, that of its source,
// and what can be built.
func (s *resolver) resolveLanguage(name string, b *v1.ServiceBlock, tree *node) {
	if b.Source == nil {
		return
	}
	source := *b.Source
	b.Source = &source // the block of all environments keeps what was written
	inSource := tree.valueAt("source", "language")
	switch {
	case source.Language == nil && b.Language == nil:
		builds := v1.Language("go")
		b.Source.Language, b.Language = &builds, &builds
		s.why("source.language", "what Paddock builds")
		s.why("language", "the language of the source")
	case source.Language == nil:
		b.Source.Language = b.Language
		inSource = tree.valueAt("language")
		s.why("source.language", "the language of the service")
	case b.Language == nil:
		b.Language = source.Language
		s.why("language", "the language of the source")
	case *b.Language != *source.Language:
		p := s.err(idLanguage, inSource, "The source of %q is %s, and the service is %s", name, *source.Language, *b.Language)
		p.Detail = "A service is built from its source, so both are the same language."
		p.Fix = "Leave one of the two out."
		p.Related = append(p.Related, s.related(tree.valueAt("language"), "the language of the service"))
		return
	}
	if language := *b.Source.Language; language != "go" && language != "" {
		p := s.err(idCannotBuild, inSource, "Paddock builds go now, and the source of %q is %s", name, language)
		p.Detail = "A service whose code cannot be built would never run."
		p.Fix = "Leave source out and write language: " + string(language) + " for the service: then it is declared only, and others may use it."
	}
}

func (s *resolver) resolveSource(name string, b v1.SourceBlock, tree *node) *model.Source {
	at := tree.valueAt("source", "git")
	if !s.sourceOf[name] {
		s.sourceOf[name] = true
		s.sources = append(s.sources, source{service: name, dir: string(b.Git), at: at})
	}
	program := string(b.Package)
	if program != "." && program != "" {
		program = "./" + program
	}
	return &model.Source{Dir: string(b.Git), Language: string(*b.Language), Package: program}
}

// owner checks who owns a service or a store. Teams may be named without being
// described; once one is described, all are.
func (s *resolver) owner(team string, tree *node) {
	switch {
	case team == "":
	case len(s.teams.list) > 0:
		s.reference(team, "team", s.teams.list, tree.valueAt("team"))
	default:
		s.label(team, 63, "the name of a team", tree.valueAt("team"))
	}
}

// resolvePorts checks where a service listens, and that what needs a port has
// one.
func (s *resolver) resolvePorts(name string, b *v1.ServiceBlock, tree *node, out *model.Service) {
	owner := map[v1.Port]span{}
	if b.Port != nil {
		out.Port = int(*b.Port)
		owner[*b.Port] = tree.valueAt("port")
	}
	for _, e := range b.Ports {
		at := tree.keyAt("ports", e.Key)
		s.label(e.Key, 15, "the name of a port", at)
		if e.Value == 0 {
			continue // could not be read
		}
		if other, taken := owner[e.Value]; taken {
			p := s.err(idPortTwice, tree.valueAt("ports", e.Key), "Service %q listens on %s twice", name, e.Value)
			p.Detail = "One program can take a port once."
			p.Fix = "Write another port, or remove one of the two."
			p.Related = append(p.Related, s.related(other, "the first one"))
			continue
		}
		owner[e.Value] = tree.valueAt("ports", e.Key)
		out.Ports = append(out.Ports, model.NamedPort{Name: e.Key, Port: int(e.Value)})
	}
	slices.SortFunc(out.Ports, func(a, b model.NamedPort) int { return strings.Compare(a.Name, b.Name) })
	if b.Port != nil || tree.has("port") {
		return // there, or wrong and reported
	}
	lacks := func(key, summary, detail string) {
		p := s.err(idNoPort, tree.keyAt(key), summary, name)
		p.Detail = detail
		p.Fix = "Add for example:\nport: 8443"
	}
	for _, need := range []struct{ key, summary, detail string }{
		{"source", "Service %q has code to run and no port", "Paddock knows that a replica works when its port answers. A worker that nobody calls answers its health there."},
		{"health", "Service %q has a health path and no port to ask", ""},
		{"routes", "Service %q has routes and no port", "Requests could not be brought to it."},
		{"private", "Service %q has private routes and no port", "Requests could not be brought to it."},
	} {
		if tree.has(need.key) {
			lacks(need.key, need.summary, need.detail)
			return // one port is all that is missing
		}
	}
}

// resolveInstance is the machine of a service that runs on machines.
func (s *resolver) resolveInstance(name string, b *v1.ServiceBlock, tree *node) string {
	if b.Runtime == v1.Runtime(model.EC2) {
		if b.Instance == "" && !tree.has("instance") {
			b.Instance = "m6i.large"
			s.why("instance", "a service on ec2")
		}
		return string(b.Instance)
	}
	if b.Instance != "" {
		p := s.warn(idIdleKey, tree.valueAt("instance"), "This instance type does nothing: %q runs in pods", name)
		p.Detail = "The nodes of the cluster choose their own types from the sizes of the pods."
		p.Fix = "Write runtime: ec2, or remove instance."
	}
	return ""
}

// resolveSegment is where something lives: what is written, or the default, and
// the first segment when the environment has collapsed that one.
func (s *resolver) resolveSegment(e *environment, written *string, tree *node, rule string, standard func() string) string {
	if *written == "" {
		if tree.has("segment") {
			return "" // could not be read
		}
		*written = standard()
		s.why("segment", rule)
	} else if !s.reference(*written, "segment", s.segments, tree.valueAt("segment")) {
		return ""
	}
	if !slices.Contains(e.segments, *written) && len(e.segments) > 0 {
		s.why("segment", *written+" is collapsed in "+e.name)
		*written = e.segments[0]
	}
	return *written
}

// resolveEncryption looks at the segment that the file names: one that is
// collapsed handles the same cards.
func (s *resolver) resolveEncryption(b *v1.ServiceBlock, inPCI bool) model.Encryption {
	if b.Encryption == nil {
		way, rule := v1.Encryption(model.TLS), "tls unless the data or the segment is pci"
		if b.Data == v1.DataClass(model.PCI) || inPCI {
			way, rule = v1.Encryption(model.MutualTLS), "mtls because the data or the segment is pci"
		}
		b.Encryption = &way
		s.why("encryption", rule)
	}
	return model.Encryption(*b.Encryption)
}

func (s *resolver) resolveSensitive(b *v1.ServiceBlock, tree *node) []string {
	var out []string
	for _, p := range b.Sensitive {
		if p != "" {
			out = append(out, string(p))
		}
	}
	if len(out) > 0 && len(b.Routes) == 0 && !tree.has("routes") {
		p := s.warn(idIdleKey, tree.keyAt("sensitive"), "Nothing from outside reaches these paths: the service has no routes")
		p.Fix = "Add routes, or remove sensitive."
	}
	return out
}

func (s *resolver) resolveObjective(b v1.ObjectiveBlock, tree *node) model.Objective {
	var out model.Objective
	if a := b.Availability; a != nil {
		if *a <= 0 || *a >= 100_000 {
			p := s.err(idBadValue, tree.valueAt("objective", "availability"), "An availability of %s cannot be promised", *a)
			p.Detail = "An objective of 100% leaves no error budget: every release would break it. An objective of 0% promises nothing."
			p.Fix = "Write for example 99.9%."
		}
		out.Availability = a.Number()
	}
	latency := func(d *v1.Duration, keys ...string) time.Duration {
		if d == nil {
			return 0
		}
		if *d == 0 {
			s.err(idBadValue, tree.valueAt(append([]string{"objective"}, keys...)...), "A %s of nothing cannot be promised", keys[0]).
				Fix = "Write for example 300ms."
		}
		return time.Duration(*d)
	}
	out.LatencyP50 = latency(b.Latency.P50, "latency", "p50")
	out.LatencyP95 = latency(b.Latency.P95, "latency", "p95")
	out.LatencyP99 = latency(b.Latency.P99, "latency", "p99")
	out.Freshness = latency(b.Freshness, "freshness")
	s.rising(tree, out.LatencyP50, out.LatencyP95, "p50", "p95")
	s.rising(tree, out.LatencyP95, out.LatencyP99, "p95", "p99")
	if out.LatencyP95 == 0 {
		s.rising(tree, out.LatencyP50, out.LatencyP99, "p50", "p99")
	}
	return out
}

// rising reports that fewer requests would take longer than more of them.
func (s *resolver) rising(tree *node, low, high time.Duration, lower, higher string) {
	if low == 0 || high == 0 || low <= high {
		return
	}
	p := s.err(idImpossible, tree.valueAt("objective", "latency", lower), "%s cannot be above %s", lower, higher)
	p.Detail = "What holds for more of the requests holds for fewer, too."
	p.Fix = "Write " + lower + ": " + v1.Duration(high).String() + " or less."
	p.Related = append(p.Related, s.related(tree.valueAt("objective", "latency", higher), "%s", higher))
}
