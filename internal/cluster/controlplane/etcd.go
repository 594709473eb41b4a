package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver"
	"go.uber.org/zap"
)

const (
	etcdTimeout = 30 * time.Second
	// etcdQuota is far above what a platform needs, and small enough that a
	// runaway writer is stopped before it fills the disk.
	etcdQuota = 512 << 20
	// etcdDefragAbove is the size from which the file is compacted at start.
	etcdDefragAbove = 64 // MiB
)

// database is the embedded etcd. It listens on unix sockets only: the mode of
// their directory is its access control.
type database struct {
	etcd     *embed.Etcd
	endpoint string
	failed   <-chan error
}

func startEtcd(cfg Config) (*database, error) {
	if err := os.MkdirAll(cfg.Run, 0o700); err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	client := url.URL{Scheme: "unix", Path: filepath.Join(cfg.Run, "etcd.sock")}
	peer := url.URL{Scheme: "unix", Path: filepath.Join(cfg.Run, "etcd-peer.sock")}
	c := embed.NewConfig()
	c.Dir = filepath.Join(cfg.Data, "etcd")
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	c.InitialCluster = c.Name + "=" + peer.String()
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	c.QuotaBackendBytes = etcdQuota
	// The API server asks for compaction too; this one bounds the file when it
	// has been down.
	c.AutoCompactionMode, c.AutoCompactionRetention = "periodic", "5m"
	c.BootstrapDefragThresholdMegabytes = etcdDefragAbove
	// There is nobody to hold an election with, so there is nobody to wait for.
	c.ElectionMs = 5 * c.TickMs
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	select {
	case <-e.Server.ReadyNotify():
		allowWrites(e.Server)
		return &database{etcd: e, endpoint: client.String(), failed: e.Err()}, nil
	case err := <-e.Err():
		e.Close()
		return nil, fmt.Errorf("start etcd: %w", err)
	case <-time.After(etcdTimeout):
		e.Close()
		return nil, errors.New("start etcd: it does not answer after " + etcdTimeout.String())
	}
}

// allowWrites takes the alarm back that etcd raised when it was full and keeps
// across starts, once the defragmentation at the start has made room. Without
// that one runaway writer would leave the cluster read-only for ever.
func allowWrites(s *etcdserver.EtcdServer) {
	if s.Backend().Size() > etcdQuota*8/10 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), etcdTimeout)
	defer cancel()
	for _, a := range s.Alarms() {
		if a.Alarm == etcdserverpb.AlarmType_NOSPACE {
			// If it fails, writes fail with a reason that says so.
			_, _ = s.Alarm(ctx, &etcdserverpb.AlarmRequest{Action: etcdserverpb.AlarmRequest_DEACTIVATE, MemberID: a.MemberID, Alarm: a.Alarm})
		}
	}
}

// close ends the database at once. A graceful end would wait for the watches of
// the API server, which last as long as the process.
func (d *database) close() { d.etcd.Server.HardStop() }
