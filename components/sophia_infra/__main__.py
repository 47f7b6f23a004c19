"""`python -m sophia_infra` is the `sophia` command."""

from sophia_infra.cli import main

raise SystemExit(main())
