"""A login of PostgreSQL that rotates once its consumer has moved. An environment says where the server is."""

import pulumi

from sophia_infra import RotatingSecret
from sophia_infra.esc import Environment

env = Environment.open(f"shop-db/{pulumi.get_stack()}")

db = RotatingSecret(
    "shop-db",
    {
        "kind": "postgres",
        "server": env.reference("db.admin_url"),  # a reference: the state holds no administrator's password
        "group": env["db.group"],
        "max_age": "30d",
        "soak": "2d",
        "consumers": ["shop"],
    },
)

pulumi.export("db_url", db.current.url)
pulumi.export("phase", db.phase)
