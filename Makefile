# Shortcuts; everything here is one command that works without make.
.PHONY: build test quick lint generate golden

# The command alone takes a minute; the engine compiles Kubernetes.
build:
	go build -o bin/ ./cmd/...

test:
	go test -timeout 20m ./...

# Everything that does not link Kubernetes' servers.
quick:
	go test $$(go list ./api/... ./internal/... | grep -v /controlplane) ./test/script

lint:
	go vet ./api/... ./cmd/paddock/... $$(go list ./internal/... | grep -v /controlplane)
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./api/... ./cmd/paddock/... $$(go list -f '{{.Dir}}' ./internal/... | grep -v /controlplane)

# Deep copies and custom resource definitions from api/v1, and the comments on its
# keys for the schema, explain and the reference page.
generate:
	go generate ./internal/reference
	go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object crd paths=./api/v1 output:crd:dir=./api/v1/crd

# Rewrite the text that tests compare with; read the diff.
golden:
	go test ./internal/delivery/matrix ./internal/web ./internal/cli ./internal/reference ./internal/scaffold ./test/script -update
