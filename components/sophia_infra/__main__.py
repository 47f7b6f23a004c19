"""`python -m sophia_infra` is the `sophia` command."""

from .cli import main

raise SystemExit(main())
