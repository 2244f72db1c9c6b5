# Building and running need Go alone. The tests install what else they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export CGO_ENABLED := 0
export GOFLAGS := -buildvcs=false

TIMEOUT ?= 20m
DEMO_DATA ?= ./demo-data
TOOL := go tool -modfile=tools/go.mod
PGCLUSTER := go run ./internal/dbtest/pgcluster
GOLDEN = $(sort $(dir $(shell grep -rl --include='*_test.go' 'flag.Bool."update"' cmd coe timeline actions evidence meetings people web templates migrations internal 2>/dev/null)))

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

.PHONY: build
build: ## build bin/coe
	go build -trimpath -o bin/coe ./cmd/coe

.PHONY: run
run: build ## start the demo, with data in ./demo-data (DEMO_FLAGS='--fake-addr 127.0.0.1:9081' where a port is taken)
	COE_DATA=$(DEMO_DATA) COE_LOG=$${COE_LOG:-warn} bin/coe serve --demo $(DEMO_FLAGS)

.PHONY: test
test: need modules ## all tests, short size, on SQLite and PostgreSQL, then in a browser
	$(PGCLUSTER) -- go test -timeout $(TIMEOUT) ./...
	tools/fuzz ./evidence
	cd web/assets && node --test
	$(MAKE) --no-print-directory test-browser

.PHONY: test-long
test-long: export COE_TEST_LONG = 1
test-long: ## the same tests at full size: hours, not minutes
	$(MAKE) --no-print-directory test TIMEOUT=4h

.PHONY: fuzz
fuzz: ## look for messages that break a parser: 5 s each, 60 s with COE_TEST_LONG=1
	tools/fuzz ./evidence

.PHONY: test-browser
test-browser: build need modules ## only the tests in a browser
	cd web/browser && node --test

.PHONY: bench
bench: ## measure; docs/measurements.md says what the numbers mean
	$(PGCLUSTER) -no-count -- go test -run '^$$' -bench . -benchmem -timeout 1h ./...

.PHONY: check
check: need modules ## format, vet, staticcheck, import rules, generated files
	@unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "Not formatted (make format mends it):"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(TOOL) staticcheck ./...
	go test .
	go test -run Schema ./migrations
	cd web/assets && npx --no-install tsc && node --test

.PHONY: format
format: ## format all Go files
	$(TOOL) gofumpt -w $$(git ls-files '*.go')

.PHONY: golden
golden: ## write the expected files of tests anew, and docs/schema.md; read the diff
	$(PGCLUSTER) -- go test -count=1 $(GOLDEN:%=./%) -update

.PHONY: migration
migration: ## name=what_it_does: files for the next migration, one for each database
	@tools/new-migration "$(name)"

.PHONY: assets
assets: web/assets/node_modules/.package-lock.json ## build web/static from web/assets
	cd web/assets && node build.mjs

.PHONY: need
need:
	@tools/need

.PHONY: modules
modules: web/assets/node_modules/.package-lock.json web/browser/node_modules/.package-lock.json

%/node_modules/.package-lock.json: %/package-lock.json
	cd $* && npm ci --no-audit --no-fund
	@touch $@
