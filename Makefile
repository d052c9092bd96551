# Weighbridge: set-up, build, tests. `make help` lists the targets.
#
# The web app is built before any cargo command: a release binary carries web/dist, a debug binary
# reads it while it runs, and both refuse to compile without it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

RELEASE := target/release/weighbridge
DEBUG := target/debug/weighbridge
NODE_PACKAGES := web/node_modules/.package-lock.json
WEB_APP := web/dist/index.html
# Folders are listed too: a deleted file shows only in them.
WEB_SOURCES := $(shell find web/src web/public web/build web/*.json web/*.ts web/*.html 2>/dev/null)

# cargo-nextest is faster and says more, but a machine with cargo alone must do.
HAS_NEXTEST := $(shell command -v cargo-nextest)
ifdef HAS_NEXTEST
CARGO_TEST := cargo nextest run
else
CARGO_TEST := cargo test
endif

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

# --- Running and building ------------------------------------------------------------------------

.PHONY: run
run: build ## Build everything and start a demo: sample work, log-ins and keys are printed
	@exec $(RELEASE) dev

.PHONY: build
build: web rust-tools ## Leave the release binary, web app inside, in target/release/weighbridge
	cargo build --release --locked --package weighbridge

.PHONY: web
web: $(WEB_APP)

$(NODE_PACKAGES): web/package.json web/package-lock.json
	@command -v npm >/dev/null || { \
	  echo "error: Node.js is missing (20.19 or newer, with npm). It builds the web app." >&2; \
	  echo "  Install it, then run this again." >&2; exit 1; }
	cd web && npm ci --no-audit --no-fund
	@touch $@

$(WEB_APP): $(NODE_PACKAGES) $(WEB_SOURCES)
	cd web && npm run build
	@touch $@

.PHONY: rust-tools
rust-tools:
	@command -v cargo >/dev/null || { \
	  echo "error: Rust is missing (cargo, 1.90 or newer)." >&2; \
	  echo "  Install it with rustup, then run this again." >&2; exit 1; }
	@command -v cc >/dev/null || \
	  scripts/install-packages "a C compiler (SQLite is built in)" gcc libc6-dev

.PHONY: openapi
openapi: web rust-tools ## Write openapi.json, the document of the API
	cargo build --locked --package weighbridge
	$(DEBUG) openapi > target/openapi.json
	mv target/openapi.json openapi.json

.PHONY: bench
bench: build ## Run the benchmarks
	bench/run.sh

# --- Tests ---------------------------------------------------------------------------------------

.PHONY: test
test: ## Run every test; installs what they need and the machine lacks
	scripts/with-postgres $(MAKE) test-rust test-web test-end-to-end

.PHONY: test-rust
test-rust: web rust-tools ## Rust tests, each store test on SQLite and on PostgreSQL
	scripts/with-postgres $(CARGO_TEST) --locked --workspace

.PHONY: test-web
test-web: web ## Types, lints and unit tests of the web app
	cd web && npm run check
	cd web && npm test

.PHONY: test-end-to-end
test-end-to-end: web rust-tools ## The real binary with the official client and a real browser
	scripts/setup-chromium
	scripts/setup-python
	scripts/setup-node-clients
	cargo build --locked --package weighbridge
	scripts/with-postgres .venv/bin/pytest tests -n 3 --dist loadfile $(PYTEST_OPTIONS)

.PHONY: check
check: web rust-tools ## The quick loop: format, lints, types, unit tests
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO_TEST) --locked --workspace --lib
	$(MAKE) test-web
	@if command -v cargo-deny >/dev/null; then cargo deny --offline check bans licenses sources; \
	  else echo "cargo-deny is not installed: deny.toml was not checked"; fi
