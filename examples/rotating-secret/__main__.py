"""A login of PostgreSQL that rotates once its consumer has moved; where the server is says an environment."""

import pulumi

from sophia_infra import RotatingSecret
from sophia_infra.esc import Environment

NAME = "shop-db/dev"

db = RotatingSecret(
    "shop-db",
    {
        "kind": "postgres",
        "server": f"esc://{NAME}/db.admin_url",  # a reference: the state holds no administrator's password
        "group": str(Environment.open(NAME).value("db.group").plain()),
        "max_age": "30d",
        "soak": "2d",
        "consumers": ["shop"],
    },
)

pulumi.export("db_url", db.current.url)
pulumi.export("phase", db.phase)
