#!/bin/bash
# What a consumer does: reads the login when it starts, and says who it is. Run it in the stack's folder.
set -euo pipefail
url=$(pulumi stack output db_url --show-secrets "$@")
PGAPPNAME=shop exec psql "$url" --no-psqlrc --tuples-only --no-align --command 'SELECT session_user, current_user'
