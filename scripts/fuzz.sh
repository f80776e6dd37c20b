#!/usr/bin/env bash
# Feeds each fuzz target, or those that are named, with what libFuzzer makes up from the seeds and from what it
# found before. Needs a C++ compiler and nothing of a nightly Rust: the code is safe, so coverage alone is asked
# for, which every compiler can add. `cargo fuzz run TARGET` works as well.
set -euo pipefail
cd "$(dirname "$0")/../fuzz"

seconds="${SECONDS_EACH:-60}"
[ $# -gt 0 ] || set -- $(cd fuzz_targets && printf '%s\n' *.rs | sed 's/\.rs$//')
triple="$(rustc --print host-tuple 2> /dev/null || rustc -vV | sed -n 's/^host: //p')"
level='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4'
told='-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table'
compared='-Cllvm-args=-sanitizer-coverage-trace-compares'
# With a target's name, so that what only runs while building is left as it is.
RUSTFLAGS="--cfg fuzzing $level $told $compared" ../scripts/step.sh "building the fuzz targets" \
    cargo build --release --locked --target "$triple" --target-dir ../target/fuzz --bins

for target in "$@"; do
    [ -f "fuzz_targets/$target.rs" ] || { echo "fuzz: there is no target $target; there are $(ls fuzz_targets)" >&2; exit 2; }
    mkdir -p "corpus/$target" "artifacts/$target"
    echo "$target: ${seconds} s"
    # Lines of a megabyte are the property tests' matter: here they would only slow down the search.
    "../target/fuzz/$triple/release/$target" "corpus/$target" "seeds/$target" -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="artifacts/$target/" -print_final_stats=1 \
        2> "artifacts/$target/log" || { tail -n 40 "artifacts/$target/log" >&2; exit 1; }
    grep -E 'stat::(number_of_executed_units|peak_rss)|DONE' "artifacts/$target/log" || true
done
