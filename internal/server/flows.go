package server

import (
	"net"
	"os"

	"paddock.dev/internal/cluster/network"
	"paddock.dev/internal/store"
)

// openFlowLog begins to note the connections that the network passes on.
func (r *run) openFlowLog() error {
	if err := os.MkdirAll(r.layout.Flows(), 0o700); err != nil {
		return err
	}
	file, err := store.OpenRotating(r.layout.FlowLog(), logLimit)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, file)
	r.flows = network.NewFlowLog(network.FlowLogConfig{Out: file, API: r.network.API, Now: r.Now, Logger: r.logger.With("part", "flows")})
	return nil
}

// watchGateway notes the gateway's connections to pods.
func (r *run) watchGateway(conn net.Conn) net.Conn { return r.flows.Watch("gateway", conn) }
