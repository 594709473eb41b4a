package scaffold

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// code are the files that are read for ports, paths and variables.
var code = regexp.MustCompile(`(?i)(\.(go|py|java|kt|php|js|ts|mjs|rb|rs|cs|properties)|^application.*\.ya?ml|^\.env.*|^Procfile|^Dockerfile)$`)

// Comments name other programs as examples.
var (
	slashes = regexp.MustCompile(`\.(go|java|kt|php|js|ts|mjs|rs|cs)$`)
	remarks = regexp.MustCompile(`(?m)(^|[ \t;{}])//.*$`)
)

var testFile = regexp.MustCompile(`(_test\.go|\.test\.[jt]s|\.spec\.[jt]s|Test\.java|Tests\.cs|^test_.*\.py)$`)

// listens are the obvious places of a port, the surest first. Those of code come
// after what configures it.
var listens = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^\s*(?:export\s+|ENV\s+)?(?:SERVER_)?PORT[=\s]["']?(\d+)`),                                                    // .env, Dockerfile
	regexp.MustCompile(`(?mi)^\s*EXPOSE\s+(\d+)`),                                                                                         // Dockerfile
	regexp.MustCompile(`(?m)^\s*(?:quarkus\.http\.port|micronaut\.server\.port|server\.port)\s*[=:]\s*(?:\$\{\w+:)?(\d+)`),                // application.properties
	regexp.MustCompile(`(?m)^server:\s*\n(?:\s+.*\n)*?\s+port:\s*(?:\$\{\w+:)?(\d+)`),                                                     // application.yml
	regexp.MustCompile(`(?m)^web:.*(?:--port[= ]|-p |:)(\d+)`),                                                                            // Procfile
	regexp.MustCompile(`["']PORT["']\)?\s*,\s*["']?:?(\d+)`),                                                                              // or("PORT", "8080")
	regexp.MustCompile(`process\.env\.PORT\s*(?:\|\||\?\?)\s*["']?(\d+)`),                                                                 // Node
	regexp.MustCompile(`(?:ListenAndServe(?:TLS)?|\.Run|\.Start|\.Listen|Listen\("tcp[46]?",|Addr:)\s*\(?\s*["'` + "`" + `][\w.]*:(\d+)`), // Go
	regexp.MustCompile(`\.listen\(\s*(\d+)`),                                                                                              // Node
	regexp.MustCompile(`(?:uvicorn\.run|app\.run|run_app|HTTPServer|runserver)\b[^\n]*?(?:port\s*=\s*|:|,\s*)(\d{4,5})`),                  // Python
	regexp.MustCompile(`(?:TcpListener::bind|\.bind)\(\s*\(?"[\d.]+"?(?::|,\s*)(\d+)`),                                                    // Rust
}

var (
	answersHTTP = regexp.MustCompile(`"net/http"|"google\.golang\.org/grpc"|gin-gonic|labstack/echo|gofiber|valyala/fasthttp|net\.Listen\(`)
	healthPath  = regexp.MustCompile("[\"'`](?:GET |HEAD )?(/(?:healthz?|livez|readyz|live|ready|ping|actuator/health)(?:/(?:live|ready|liveness|readiness))?)[\"'`]")
	variable    = regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b`)
	ownPort     = regexp.MustCompile(`["'` + "`" + `]PORT["'` + "`" + `]|\bPORT\b`)
	// Client("fleet", …), and http://fleet:8080 wherever it stands.
	peer     = regexp.MustCompile(`(?i:client|dial)\w*\(\s*["']([a-z][a-z0-9-]*)["']|(?:https?|grpc)://([a-z][a-z0-9-]*)[:/"'` + "`" + `]`)
	clientOf = regexp.MustCompile(`(?i)(?:client|resource)\(\s*["'](s3|sqs)["']|\b(s3|sqs)(?:Async)?Client\b`)
)

// look reads what the program's own files say.
func (s *candidate) look(t *tree, c *compose) {
	found := make([]int, len(listens))
	var health []string
	namesPort := false
	seen := map[string]bool{}
	family := func(f string) {
		if f != "" && !slices.Contains(s.families, f) {
			s.families = append(s.families, f)
		}
	}
	for _, d := range s.module.dependencies {
		family(familyOf(d))
	}
	for _, f := range t.below(s.Dir, s.others) {
		if !code.MatchString(path.Base(f)) || testFile.MatchString(path.Base(f)) {
			continue
		}
		text := t.text(f)
		if slashes.MatchString(f) {
			text = remarks.ReplaceAllString(text, "")
		}
		for i, re := range listens {
			if found[i] > 0 {
				continue
			}
			if m := re.FindStringSubmatch(text); m != nil {
				found[i] = portNumber(m[1])
			}
		}
		for _, m := range healthPath.FindAllStringSubmatch(text, -1) {
			health = append(health, m[1])
		}
		for _, v := range variable.FindAllString(text, -1) {
			seen[v] = true
		}
		for _, m := range peer.FindAllStringSubmatch(text, -1) {
			s.peers = append(s.peers, m[1]+m[2])
		}
		for _, m := range clientOf.FindAllStringSubmatch(text, -1) {
			family(strings.ToLower(m[1] + m[2]))
		}
		s.listens = s.listens || answersHTTP.MatchString(text)
		namesPort = namesPort || strings.HasSuffix(f, ".go") && ownPort.MatchString(text)
	}
	if s.composed != nil {
		for name, value := range s.composed.environment {
			seen[name] = true
			for _, d := range c.services {
				if d != s.composed && names(value, d.key) {
					s.named = append(s.named, reached(d))
				}
			}
		}
		for _, key := range s.composed.dependsOn {
			for _, d := range c.services {
				if d.key == key {
					s.named = append(s.named, reached(d))
				}
			}
		}
	}
	for v := range seen {
		s.variable = append(s.variable, v)
		family(familyOfVariable(v))
	}
	slices.Sort(s.families)
	slices.Sort(s.variable)
	s.health(health)
	s.port(found, namesPort && s.listens)
}

// reached is the name that a compose service has in the platform file.
func reached(d *composed) string {
	if d.name != "" {
		return d.name
	}
	return Name(d.key)
}

// names reports whether an address has that host.
func names(value, host string) bool {
	for rest := value; ; {
		i := strings.Index(rest, host)
		if i < 0 {
			return false
		}
		before, after := byte('/'), byte(':')
		if i > 0 {
			before = rest[i-1]
		}
		if end := i + len(host); end < len(rest) {
			after = rest[end]
		}
		if strings.IndexByte("/@,", before) >= 0 && strings.IndexByte(":/,", after) >= 0 {
			return true
		}
		rest = rest[i+len(host):]
	}
}

// port decides on the port by what was found, the surest first.
func (s *candidate) port(found []int, namesPort bool) {
	port, framework, answers := s.module.framework()
	switch i := slices.IndexFunc(found, func(n int) bool { return n > 0 }); {
	case s.composed != nil && portNumber(s.composed.environment["PORT"]) > 0:
		s.Port = portNumber(s.composed.environment["PORT"])
	case s.composed != nil && s.composed.port > 0:
		s.Port = s.composed.port
	case i >= 0:
		s.Port = found[i]
	case answers && port > 0:
		s.Port, s.PortNote = port, "what "+framework+" uses unless told otherwise"
	case namesPort:
		s.Port = 8080 // it takes whatever it is given
	case answers || s.listens || s.Language == "go": // what is built must answer somewhere
		s.Port, s.PortNote = 8080, "assumed: nothing here names a port"
	}
	if s.Port > 0 && s.Port < 1024 {
		s.PortNote = fmt.Sprintf("not %d: pods cannot listen below 1024", s.Port)
		s.Port += 8000
	}
	if s.Language == "go" && s.Port > 0 && !namesPort && s.PortNote == "" {
		s.PortNote = "the program must listen on $HOST:$PORT"
	}
}

// health picks the paths that ask whether the program works.
func (s *candidate) health(paths []string) {
	has := func(p string) bool { return slices.Contains(paths, p) }
	for _, pair := range [][2]string{{"/healthz/live", "/healthz/ready"}, {"/health/live", "/health/ready"}, {"/livez", "/readyz"}, {"/live", "/ready"}} {
		if has(pair[0]) && has(pair[1]) {
			s.Live, s.Ready = pair[0], pair[1]
			return
		}
	}
	for _, p := range []string{"/healthz", "/health", "/actuator/health", "/ping"} {
		if has(p) {
			s.Live, s.Ready = p, p
			return
		}
	}
	if slices.ContainsFunc(s.module.dependencies, func(d string) bool { return strings.HasSuffix(d, "spring-boot-starter-actuator") }) {
		s.Live, s.Ready = "/actuator/health", "/actuator/health"
	}
}

// addressEnds are how the name of a variable with an address ends.
var addressEnds = []string{"_SERVICE_URL", "_BASE_URL", "_API_URL", "_URL", "_URI", "_SERVICE_ADDR", "_ADDR", "_ADDRESS", "_SERVICE_HOST", "_HOST", "_ENDPOINT"}

// targetOf a variable such as FLEET_URL; empty for others.
func targetOf(v string) string {
	for _, end := range addressEnds {
		if target, ok := strings.CutSuffix(v, end); ok {
			return target
		}
	}
	return ""
}

// storeVariables name a kind of store at their beginning.
var storeVariables = []struct{ word, family string }{
	{"MONGO", "mongodb"}, {"MONGODB", "mongodb"}, {"POSTGRES", "postgres"}, {"POSTGRESQL", "postgres"}, {"PG", "postgres"}, {"MYSQL", "mysql"},
	{"SINGLESTORE", "singlestore"}, {"MEMSQL", "singlestore"}, {"REDIS", "redis"}, {"VALKEY", "valkey"}, {"KAFKA", "kafka"},
	{"OPENSEARCH", "opensearch"}, {"ELASTICSEARCH", "opensearch"}, {"ELASTIC", "opensearch"}, {"S3", "s3"}, {"SQS", "sqs"},
}

var storeEnds = []string{"URL", "URI", "DSN", "HOST", "ADDR", "ADDRESS", "ENDPOINT", "NODES", "BROKERS", "SERVERS", "BUCKET"}

// familyOfVariable is the store that a variable such as KAFKA_BROKERS speaks of.
func familyOfVariable(v string) string {
	first, rest, _ := strings.Cut(v, "_")
	for _, s := range storeVariables {
		if s.word == first && slices.Contains(storeEnds, rest[strings.LastIndexByte(rest, '_')+1:]) {
			return s.family
		}
	}
	return ""
}
