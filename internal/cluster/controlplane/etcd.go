package controlplane

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
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
		return &database{etcd: e, endpoint: client.String(), failed: e.Err()}, nil
	case err := <-e.Err():
		e.Close()
		return nil, fmt.Errorf("start etcd: %w", err)
	case <-time.After(etcdTimeout):
		e.Close()
		return nil, errors.New("start etcd: it does not answer after " + etcdTimeout.String())
	}
}

// close ends the database at once. A graceful end would wait for the watches of
// the API server, which last as long as the process.
func (d *database) close() { d.etcd.Server.HardStop() }
