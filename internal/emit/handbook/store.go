package handbook

import (
	"fmt"
	"strings"

	"paddock.dev/internal/diagram"
	"paddock.dev/internal/graph"
	"paddock.dev/internal/model"
)

// store is the page of one store in one environment.
func (b *book) store(g *graph.Graph, s model.Store) {
	env := g.Environment.Name
	self := store(s.Name)
	p := b.page(env+"/stores/"+s.Name, s.Name+" in "+env, b.home(), span{words: title(env), to: env + "/index"})
	t := table{heads: []string{"what", "here"}}
	t.row(words("engine"), words(strings.TrimSpace(string(s.Engine)+" "+s.Version)))
	t.row(words("answers for it"), b.team(s.Team))
	t.row(words("on call"), words(b.called(s.Team)))
	t.row(words("tier"), words(tier(s.Tier)))
	t.row(words("data"), words(or(string(s.Data), "none stated")))
	t.row(words("segment"), words(s.Segment))
	if s.Nodes > 0 {
		t.row(words("nodes"), words(fmt.Sprintf("%s of %s in %s", nodes(s), or(s.Instance, "the default type"), count(s.Zones, "zone"))))
	}
	if s.DiskBytes > 0 {
		t.row(words("disk of a node"), words(fmt.Sprintf("%d GiB", s.DiskBytes>>30)))
	}
	if target, ok := b.platform.Recovery.Target(s.Tier); ok && s.Tier != 0 {
		t.row(words("recovery"), words(fmt.Sprintf("may lose %s, may be away %s", period(target.RPO), period(target.RTO))))
	}
	t.row(words("copies"), words(copies(s)))
	if s.Recovery {
		t.row(words("in the recovery region"), words("a copy that can take over"))
	}
	p.add(t)
	b.draw(p, s.Name+".svg", diagram.Neighbourhood(b.platform, g, self, boxes))
	if len(s.Topics) > 0 {
		p.under("Topics")
		t = table{heads: []string{"topic", "partitions", "copies", "in sync", "kept"}}
		for _, x := range s.Topics {
			kept := period(x.Retain)
			if x.Compact {
				kept += ", compacted"
			}
			t.row(typed(x.Name), words(fmt.Sprint(x.Partitions)), words(fmt.Sprint(x.Replication)), words(fmt.Sprint(x.MinInSync)), words(kept))
		}
		p.addTable(t)
	}
	p.under("Machines")
	t = table{heads: []string{"node", "address", "zone", "region"}}
	for _, n := range b.machines[owner{env, s.Name}] {
		region := b.platform.Cloud.Region
		if n.Recovery {
			region = b.platform.Recovery.Region
		}
		name := fmt.Sprintf("%s %d", n.Role, n.Index)
		if n.Standby {
			name += " (standby)"
		}
		t.row(words(name), typed(n.Addr.String()), words(fmt.Sprint(n.Zone+1)), words(region))
	}
	p.addTableOr(t, "AWS runs it; there are no machines of ours.")
	p.under("Who uses it")
	p.addTableOr(b.ends(g, g.To(self), true), "Nobody.")
	p.under("When it is down")
	b.blast(p, g, self)
	p.under("Restore")
	p.shell(restore(b.platform, env, s)...)
	p.say(words("Then compare the newest record with the time of the loss, write both down, and let the services in: the order is on the "), link(env+"/recovery", "page of recovery"), words("."))
}

// restore are the commands that bring the store back on AWS.
func restore(p *model.Platform, env string, s model.Store) []string {
	region := "--region " + p.Cloud.Region
	name := fmt.Sprintf("%s-%s-%s", p.Name, env, s.Name)
	if !s.Holds() || s.Backup.Every == 0 {
		return []string{"# there are no copies: it is made anew, empty", "paddock apply --aws DIRECTORY --file platform.yaml --only " + env + "/" + p.Cloud.Region + "/30-data"}
	}
	switch s.Engine {
	case model.MySQL, model.Postgres:
		return []string{
			fmt.Sprintf("aws rds describe-db-instance-automated-backups %s --db-instance-identifier %s", region, name),
			fmt.Sprintf("aws rds restore-db-instance-to-point-in-time %s --source-db-instance-identifier %s --target-db-instance-identifier %s-restored --use-latest-restorable-time", region, name, name),
		}
	case model.S3:
		return []string{
			fmt.Sprintf("aws s3api list-object-versions %s --bucket BUCKET --prefix PREFIX", region),
			"# deleted objects come back when their delete marker is removed",
			fmt.Sprintf("aws s3api delete-object %s --bucket BUCKET --key KEY --version-id MARKER", region),
		}
	case model.OpenSearch:
		return []string{
			"# from a machine that reaches the domain",
			"curl -s https://" + s.Name + "." + env + "." + p.Network.PrivateDomain + "/_snapshot/_all?pretty",
			"curl -s -X POST https://" + s.Name + "." + env + "." + p.Network.PrivateDomain + "/_snapshot/REPOSITORY/SNAPSHOT/_restore",
		}
	}
	return []string{
		"# the newest copies of its disks",
		fmt.Sprintf("aws ec2 describe-snapshots %s --owner-ids self --filters Name=tag:paddock:env,Values=%s Name=tag:paddock:store,Values=%s --query 'reverse(sort_by(Snapshots,&StartTime))[:10].[SnapshotId,StartTime,VolumeSize]' --output text", region, env, s.Name),
		"# make a volume of one in the node's zone, attach it in place of the lost one, start the node",
		fmt.Sprintf("aws ec2 create-volume %s --snapshot-id SNAPSHOT --availability-zone ZONE --volume-type gp3", region),
	}
}
