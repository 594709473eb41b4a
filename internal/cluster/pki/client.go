package pki

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// RESTConfig is how client-go reaches the API server at the address host:port
// as id. Keys and certificates are referred to by file, so a renewed leaf is
// picked up without a restart.
func (s *Store) RESTConfig(id Identity, address string) *rest.Config {
	return &rest.Config{
		Host: "https://" + address,
		TLSClientConfig: rest.TLSClientConfig{
			CAFile:   s.AuthorityFile(),
			CertFile: s.File(id),
			KeyFile:  s.File(id),
		},
	}
}

// ClientTLS is the transport security of a plain HTTP client that acts as id.
func (s *Store) ClientTLS(id Identity) (*tls.Config, error) {
	pair, err := s.Certificate(id)
	if err != nil {
		return nil, err
	}
	pool, err := s.Authority()
	if err != nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Kubeconfig is a file for kubectl, complete in itself, that reaches the API
// server at the address host:port as id. The cluster, the user and the context
// in it are called name.
func (s *Store) Kubeconfig(id Identity, address, name string) ([]byte, error) {
	ca, err := os.ReadFile(s.AuthorityFile())
	if err != nil {
		return nil, fmt.Errorf("make kubeconfig of %s: %w", id, err)
	}
	pair, err := os.ReadFile(s.File(id))
	if err != nil {
		return nil, fmt.Errorf("make kubeconfig of %s: %w", id, err)
	}
	certificate, key := split(pair)
	text, err := clientcmd.Write(clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			name: {Server: "https://" + address, CertificateAuthorityData: ca},
		},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{
			name: {ClientCertificateData: certificate, ClientKeyData: key},
		},
		Contexts: map[string]*clientcmdapi.Context{
			name: {Cluster: name, AuthInfo: name},
		},
		CurrentContext: name,
	})
	if err != nil {
		return nil, fmt.Errorf("make kubeconfig of %s: %w", id, err)
	}
	return text, nil
}

// split separates the certificates of a PEM text from the rest: not every
// client looks for the block it wants.
func split(text []byte) (certificates, keys []byte) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return certificates, keys
		}
		if block.Type == "CERTIFICATE" {
			certificates = append(certificates, pem.EncodeToMemory(block)...)
		} else {
			keys = append(keys, pem.EncodeToMemory(block)...)
		}
	}
}

// WriteKubeconfig writes Kubeconfig to a file that only its owner can read, in
// one step.
func (s *Store) WriteKubeconfig(file string, id Identity, address, name string) error {
	text, err := s.Kubeconfig(id, address, name)
	if err != nil {
		return err
	}
	if err := writeFile(file, text); err != nil {
		return fmt.Errorf("write kubeconfig: %w", err)
	}
	return nil
}
