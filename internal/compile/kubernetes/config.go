package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	v1 "paddock.dev/api/v1"
	"paddock.dev/internal/model"
)

// Config is the part of a service that travels with a release.
func Config(s model.Service) v1.ServiceConfig {
	cfg := v1.ServiceConfig{
		Args:                s.Args,
		Port:                int32(s.Port),
		LivePath:            s.Health.Live,
		ReadyPath:           s.Health.Ready,
		Uses:                s.Uses,
		MinReplicas:         int32(s.Scale.Min),
		MaxReplicas:         int32(s.Scale.Max),
		TargetCPU:           int32(s.Scale.CPU),
		CPUMilli:            s.Size.CPUMilli,
		MemoryBytes:         s.Size.MemoryBytes,
		AvailabilityPercent: s.Objective.Availability,
	}
	if s.Objective.LatencyP99 > 0 {
		cfg.LatencyP99 = s.Objective.LatencyP99.String()
	}
	if len(s.Settings) > 0 {
		cfg.Settings = make(map[string]string, len(s.Settings))
		for _, kv := range s.Settings {
			cfg.Settings[kv.Name] = kv.Value
		}
	}
	return cfg
}

// ReleaseConfig is a service's configuration for every environment that has it,
// and the digest by which two of them are told apart.
func ReleaseConfig(p *model.Platform, service string) (config map[string]v1.ServiceConfig, digest string) {
	config = map[string]v1.ServiceConfig{}
	for _, env := range p.Environments {
		if s, ok := env.Service(service); ok {
			config[env.Name] = Config(s)
		}
	}
	return config, Digest(config)
}

// Digest is sha256:<hex> of the configuration's canonical JSON: encoding/json
// sorts the keys of maps, and the struct fields have a fixed order.
func Digest(config map[string]v1.ServiceConfig) string {
	text, err := json.Marshal(config)
	if err != nil {
		panic("a service configuration holds only strings and numbers: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func decimal(n int32) string { return strconv.FormatInt(int64(n), 10) }
