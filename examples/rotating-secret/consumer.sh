#!/bin/bash
# What a consumer does: reads the login when it starts, says who it is, and stays connected for STAY seconds (0).
set -euo pipefail
url=$(pulumi stack output db_url --show-secrets "$@")
PGAPPNAME=shop exec psql "$url" --no-psqlrc --quiet --tuples-only --no-align <<SQL
SELECT session_user, current_user;
SELECT FROM pg_sleep(${STAY:-0});
SQL
