# Commands for developers. Each target works on a fresh clone. `make` without a target lists them.
.DEFAULT_GOAL := help
.PHONY: help demo build serve test fuzz soak corpus lint bench gallery generate deps

GO ?= go
RUNS ?= 5
FUZZ ?= 10m
STATICCHECK := $(GO) run -modfile=tools/go.mod honnef.co/go/tools/cmd/staticcheck
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

deps: ## install ffmpeg, Chromium (its headless shell), voices and fonts (Debian, Ubuntu)
	@scripts/deps

build: ## build bin/lectern, one static binary
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/lectern ./cmd/lectern

demo: deps build ## render out/demo.mp4 through a new server
	@scripts/demo

serve: build ## serve on http://localhost:8000
	@bin/lectern serve

test: ## every test, end-to-end tests too; representatives of large matrices
	@scripts/deps test
	@GO="$(GO)" scripts/tests

fuzz: ## every fuzz target of the tree, for an equal share of FUZZ (10m)
	@GO="$(GO)" scripts/fuzz $(FUZZ)

soak: ## whole matrices and corpora, 100 kills of servers and of nodes, a minute with many writers; takes hours on two cores
	@scripts/deps test
	@GO="$(GO)" scripts/tests --soak

corpus: build ## read every deck of DECKS, a folder of test decks, compare with what is right, and print a table
	@scripts/deps test
	@$(GO) run ./bench/corpus "$(DECKS)"

lint: ## formatting, vet, staticcheck, the rules of the architecture
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...
	$(GO) test ./internal/archtest

bench: build ## compare renders and the cost of the job with others, measure a server under load (docs/BENCHMARKS.md), run the packages' benchmarks
	@scripts/deps bench
	$(GO) run ./bench renders --runs $(RUNS) --json docs/render-benchmarks.json --chart docs/media/render-benchmarks.svg
	$(GO) run ./bench
	$(GO) test -run '^$$' -bench . -benchmem ./internal/... .

gallery: deps build ## draw the pictures of docs/ and the preview of the README
	@scripts/gallery

generate: ## update the generated files
	$(GO) generate ./...
