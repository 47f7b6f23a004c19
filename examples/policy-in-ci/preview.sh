#!/bin/bash
# Usage: preview.sh PACK CONFIG [pulumi preview's own arguments]. Run it in the stack's folder.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: preview.sh PACK CONFIG [arguments of pulumi preview]" >&2
  exit 2
fi
pack=$1 config=$2
shift 2
exec pulumi preview --non-interactive --diff --policy-pack "$pack" --policy-pack-config "$config" "$@"
