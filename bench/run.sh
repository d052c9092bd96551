#!/usr/bin/env bash
# Builds what is measured and measures it; both sides of each ratio run in this one run.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -q -p weighbridge -p bench
exec scripts/with-postgres target/release/bench run target/release/weighbridge "$@"
