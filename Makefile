# Every target does its own set-up. `make run` starts the product, `make test` runs every test.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STAMPS := target/stamps
WEB_SOURCES := $(shell find web/src web/public web/build -type f 2>/dev/null) $(wildcard web/*.html web/*.ts web/*.json)

.PHONY: help run build test check bench openapi web setup-test test-rust test-web test-e2e

help:
	@echo "make run    build everything and start weighbridge dev"
	@echo "make test   set up what the tests need and run them all"
	@echo "make check  the quick loop: format, lints, types, unit tests"
	@echo "make build  leave target/release/weighbridge"
	@echo "make bench  run the benchmarks"

run: build
	target/release/weighbridge dev

build: web
	cargo build --release --locked -p weighbridge

web: web/dist/index.html

$(STAMPS)/npm: web/package-lock.json
	@scripts/need node npm
	cd web && npm ci
	@mkdir -p $(STAMPS) && touch $@

web/dist/index.html: $(STAMPS)/npm $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

setup-test:
	scripts/setup-test

test: web setup-test test-rust test-web test-e2e

test-rust: web setup-test
	scripts/with-postgres scripts/cargo-test

test-web: web
	cd web && npm run check && npm test

test-e2e: web setup-test
	cargo build --locked -p weighbridge
	scripts/with-postgres .venv/bin/python -m pytest tests -q

check: web
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cd web && npm run check
	cargo test --locked -p domain -p keys

openapi: web
	cargo run --locked -q -p weighbridge -- openapi > openapi.json

bench: web
	bench/run
