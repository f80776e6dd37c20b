#!/usr/bin/env bash
# Says what is done, does it, and says how long it took.
# Usage: step.sh "what is done" COMMAND [ARGUMENT...]
set -euo pipefail

what=$1
shift
printf '==> %s\n' "$what"
started=$SECONDS
"$@"
printf '    done in %s s\n' "$((SECONDS - started))"
