package aws

import (
	"slices"
	"strings"
	"testing"

	"paddock.dev/internal/model"
)

// modulesFrom finds the instances of a module.
func modulesFrom(roots []Root, source string) (found []Module) {
	for _, r := range roots {
		for _, m := range r.Modules {
			if m.Source == source {
				found = append(found, m)
			}
		}
	}
	return found
}

func argument(args Args, key string) Value {
	if i := slices.IndexFunc(args, func(a Arg) bool { return a.Key == key }); i >= 0 {
		return args[i].Value
	}
	return nil
}

// Either the content network decides which region visitors come to, or Route 53
// does, and never both.
func TestOneThingMovesVisitors(t *testing.T) {
	for _, provider := range []string{"akamai", ""} {
		target := kestrel(t)
		target.Platform.Edge.Provider = provider
		roots := Roots(target)
		managed := 0
		for _, m := range modulesFrom(roots, "cdn") {
			if origins, _ := argument(m.Args, "origins").(Object); len(origins) == 2 {
				managed++
			}
		}
		failovers := modulesFrom(roots, "failover")
		if len(failovers) != 1 {
			t.Fatalf("%q: %d roots look at the regions", provider, len(failovers))
		}
		hosts := 0
		if names, ok := argument(failovers[0].Args, "names").(Object); ok {
			list, _ := argument(Args(names), "hosts").(List)
			hosts = len(list)
		}
		if (managed > 0) == (hosts > 0) || (managed > 0) != (provider != "") {
			t.Errorf("%q: the content network moves %d properties, Route 53 %d names", provider, managed, hosts)
		}
		// The signal is there either way.
		if deep, _ := argument(failovers[0].Args, "deep").(Object); len(deep) == 0 {
			t.Errorf("%q: nobody asks the names how they are", provider)
		}
		said, _ := argument(modulesFrom(roots, "recovery-runbook")[0].Args, "names").(String)
		if strings.Contains(string(said), "Akamai") != (provider != "") {
			t.Errorf("%q: the document says %q", provider, said)
		}
	}
}

// Every store that leads in the other region has a document that promotes it.
func TestStoresArePromoted(t *testing.T) {
	target := kestrel(t)
	prod := &target.Platform.Environments[slices.IndexFunc(target.Platform.Environments, func(e model.Environment) bool { return e.Name == "prod" })]
	things, _ := argument(modulesFrom(Roots(target), "recovery-runbook")[0].Args, "things").(Object)
	for _, s := range prod.Stores {
		if !s.Recovery {
			continue
		}
		thing, ok := argument(Args(things), "store/"+s.Name).(Object)
		if !ok {
			t.Errorf("%s is not brought up", s.Name)
			continue
		}
		engine, _ := argument(Args(thing), "engine").(String)
		want := map[model.Engine]String{
			model.MongoDB: "mongodb", model.Kafka: "kafka", model.SingleStore: "singlestore", model.MySQL: "rds", model.Postgres: "rds", model.Redis: "valkey", model.Valkey: "valkey",
		}[s.Engine]
		if engine != want {
			t.Errorf("%s, %s, is promoted as %q", s.Name, s.Engine, engine)
		}
	}
	// A database that is promoted was a copy; one that was none would be empty.
	if args := newCompiler(target).databaseArgs(site{env: *prod, recovery: true, account: "prod"}, model.Store{Name: "ledger", Engine: model.Postgres, Version: "17.4"}); argument(args, "replica_of") != String("arn:aws:rds:ap-south-1:111111111114:db:kestrel-prod-ledger") {
		t.Errorf("it copies %v", argument(args, "replica_of"))
	}
	// What AWS runs is found by its id.
	c := newCompiler(target)
	s := site{env: *prod, recovery: true}
	if engine, id := c.promoted(s, model.Store{Name: "ledger", Engine: model.Postgres}); engine != "rds" || id != "kestrel-prod-ledger-recovery" {
		t.Errorf("%s %s", engine, id)
	}
	if engine, id := c.promoted(s, model.Store{Name: "sessions", Engine: model.Valkey}); engine != "valkey" || id != "prod-sessions" {
		t.Errorf("%s %s", engine, id)
	}
}
