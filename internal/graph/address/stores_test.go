package address_test

import (
	"net/netip"
	"strings"
	"testing"

	"paddock.dev/internal/graph/address"
	"paddock.dev/internal/model"
)

// usualStores are names that people give to stores.
const usualStores = `
accounts analytics appointments archive assets audit auth backup billing blog
bookings broker bus cache calendar cards carts cases catalog chat claims cms
config contacts content contracts core coupons crm customers data database db
deliveries devices dispatch documents drivers elasticsearch email employees erp
events fares features feed files fleet flights fraud geo graph hosts hotels hr
identity images incidents index inventory invoices iot jobs kafka leads leases
ledger limits locations logs loyalty mail main maps media merchants messages
metrics models mongo mongodb mysql notifications notify offers opensearch orders
partners payments payouts payroll people places plans policies postgres
postgresql prices pricing primary products profiles promotions queue queues
quotes ratings redis refunds rentals reports reservations reviews rides risk
rooms routes sales schedule schedules search sellers sensors sessions
settings settlements shipments shops singlestore sms state stations stock store
stream streams subscriptions suppliers support tasks telemetry tickets timeline
tokens topics transactions trips uploads usage users valkey vehicles vendors
wallet wallets warehouse weather wiki zookeeper`

// TestUsualStores has all of them in one segment: no two meet.
func TestUsualStores(t *testing.T) {
	names := strings.Fields(usualStores)
	p := &model.Platform{
		Name: "rentals", Cloud: model.Cloud{Zones: 1},
		Network: model.Network{CIDR: netip.MustParsePrefix("10.0.0.0/8"), Segments: []string{"data"}},
	}
	env := model.Environment{Name: "prod", Stage: model.Production, Zones: 1, Segments: []string{"data"}}
	for _, name := range names {
		env.Stores = append(env.Stores, model.Store{Name: name, Engine: model.MongoDB, Nodes: 1, Zones: 1, Segment: "data"})
	}
	p.Environments = []model.Environment{env}
	plan, conflicts := address.Of(p)
	for _, c := range conflicts {
		t.Errorf("%s: %s", c.Summary, c.Fix)
	}
	if len(plan.Nodes) != len(names) {
		t.Errorf("%d stores have addresses, want %d", len(plan.Nodes), len(names))
	}
}
