package scaffold

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// families are kinds of stores as drivers see them: a driver of a family reaches
// every engine in it, the first of which is the usual one.
var families = map[string][]string{
	"mongodb":    {"mongodb"},
	"mysql":      {"mysql", "singlestore"},
	"postgres":   {"postgres"},
	"kafka":      {"kafka"},
	"redis":      {"redis", "valkey"},
	"opensearch": {"opensearch"},
	"s3":         {"s3"},
	"sqs":        {"sqs"},
	// A driver of its own.
	"singlestore": {"singlestore"},
	"valkey":      {"valkey", "redis"},
}

// drivers tell by a part of a dependency's name which family it reaches. The
// first that fits counts.
var drivers = []struct{ part, family string }{
	{"mongo-driver", "mongodb"}, {"mongodb", "mongodb"}, {"pymongo", "mongodb"}, {"motor", "mongodb"}, {"mongoengine", "mongodb"}, {"mongoose", "mongodb"}, {"mongoid", "mongodb"},
	{"singlestore", "singlestore"}, {"memsql", "singlestore"},
	{"jackc/pgx", "postgres"}, {"lib/pq", "postgres"}, {"psycopg", "postgres"}, {"asyncpg", "postgres"}, {"postgresql", "postgres"}, {"postgres", "postgres"}, {"=pg", "postgres"}, {"ext-pdo_pgsql", "postgres"}, {"npgsql", "postgres"},
	{"go-sql-driver/mysql", "mysql"}, {"pymysql", "mysql"}, {"mysqlclient", "mysql"}, {"aiomysql", "mysql"}, {"mysql-connector", "mysql"}, {"mariadb-java-client", "mysql"}, {"=mysql", "mysql"}, {"=mysql2", "mysql"}, {"ext-pdo_mysql", "mysql"}, {"ext-mysqli", "mysql"}, {"mysql.data", "mysql"}, {"mysqlconnector", "mysql"},
	{"valkey", "valkey"},
	{"go-redis", "redis"}, {"redigo", "redis"}, {"rueidis", "redis"}, {"ioredis", "redis"}, {"predis", "redis"}, {"jedis", "redis"}, {"lettuce-core", "redis"}, {"data-redis", "redis"}, {"=redis", "redis"}, {"aioredis", "redis"}, {"ext-redis", "redis"}, {"stackexchange.redis", "redis"},
	{"kafka", "kafka"}, {"sarama", "kafka"}, {"franz-go", "kafka"}, {"karafka", "kafka"}, {"ext-rdkafka", "kafka"},
	{"opensearch", "opensearch"}, {"elasticsearch", "opensearch"},
	{"service/s3", "s3"}, {"client-s3", "s3"}, {"minio", "s3"}, {"starter-s3", "s3"}, {"=s3", "s3"}, {"aws-sdk-s3", "s3"}, {"awssdk.s3", "s3"}, {"s3fs", "s3"},
	{"service/sqs", "sqs"}, {"client-sqs", "sqs"}, {"starter-sqs", "sqs"}, {"=sqs", "sqs"}, {"aws-sdk-sqs", "sqs"}, {"awssdk.sqs", "sqs"},
}

// familyOf a dependency by its name; empty for most.
func familyOf(dependency string) string {
	dependency = strings.ToLower(dependency)
	for _, d := range drivers {
		whole, ok := strings.CutPrefix(d.part, "=")
		if ok && dependency == whole || !ok && strings.Contains(dependency, d.part) {
			return d.family
		}
	}
	return ""
}

// images tell by the name of a container image which engine runs in it.
var images = map[string]string{
	"mongo": "mongodb", "mongodb": "mongodb", "mongodb-community-server": "mongodb", "percona-server-mongodb": "mongodb",
	"mysql": "mysql", "mariadb": "mysql", "mysql-server": "mysql",
	"postgres": "postgres", "postgresql": "postgres", "postgis": "postgres", "timescaledb": "postgres", "pgvector": "postgres",
	"singlestore": "singlestore", "singlestoredb-dev": "singlestore", "cluster-in-a-box": "singlestore",
	"kafka": "kafka", "cp-kafka": "kafka", "kafka-native": "kafka", "redpanda": "kafka",
	"redis": "redis", "redis-stack": "redis", "redis-stack-server": "redis", "valkey": "valkey", "keydb": "redis",
	"opensearch": "opensearch", "elasticsearch": "opensearch",
	"minio": "s3", "elasticmq": "sqs", "elasticmq-native": "sqs",
}

var plainVersion = regexp.MustCompile(`^[0-9]+\.[0-9]+`)

// engineOf an image such as docker.io/library/mongo:7.0-jammy.
func engineOf(image string) (engine, version string) {
	image, _, _ = strings.Cut(image, "@")
	name := path.Base(image)
	name, tag, _ := strings.Cut(name, ":")
	engine = images[strings.ToLower(name)]
	// Versions of images that are only like the engine say nothing about it.
	if slices.Contains([]string{"mongo", "mysql", "postgres", "redis", "valkey"}, name) {
		version = plainVersion.FindString(tag)
	}
	return engine, version
}

// shelf holds the stores of the platform.
type shelf struct {
	all   []*Store
	taken map[string]bool // names, those of services too: both are used by name alone
}

func newShelf(c *compose, services []*candidate) *shelf {
	s := &shelf{taken: map[string]bool{}}
	for _, service := range services {
		s.taken[service.Name] = true
	}
	for _, d := range c.services {
		if d.engine != "" {
			d.name = unique(Name(d.key), s.taken)
			s.all = append(s.all, &Store{Name: d.name, Engine: d.engine, Version: d.version})
		}
	}
	return s
}

// pick is the store that a service of a family's driver means: the one that its
// compose service names, else the only one of the family, else a new one.
func (s *shelf) pick(family string, named []string) string {
	var fits []*Store
	for _, store := range s.all {
		if slices.Contains(families[family], store.Engine) {
			fits = append(fits, store)
		}
	}
	for _, store := range fits {
		if slices.Contains(named, store.Name) {
			return store.Name
		}
	}
	if len(fits) > 0 {
		return fits[0].Name
	}
	engine := families[family][0]
	store := &Store{Name: unique(engine, s.taken), Engine: engine}
	s.all = append(s.all, store)
	return store.Name
}
