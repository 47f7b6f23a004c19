#!/bin/bash
# Usage: report.sh PACK CONFIG [pulumi preview's own arguments]. Run it in the stack's folder.
# Previews once, writes preview.json, comment.md and preview.html, prints the comment, and exits as the preview did.
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "usage: report.sh PACK CONFIG [arguments of pulumi preview]" >&2
  exit 2
fi
pack=$1 config=$2
shift 2
export PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true
previewed=0
pulumi preview --non-interactive --json --policy-pack "$pack" --policy-pack-config "$config" "$@" >preview.json || previewed=$?
# Exit code 1 says that something stops the run, which the preview says as well; 2 that there is nothing to report.
sophia report preview.json --out comment.md || [ $? = 1 ]
sophia report preview.json --html --out preview.html || [ $? = 1 ]
cat comment.md
exit "$previewed"
