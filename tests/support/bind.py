"""A real BIND on loopback, the primary of one zone that takes dynamic updates."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import primary
from tests.support.primary import KEY_NAME, SECRET, Primary

CONFIG = """
options {{
    directory "{run}";
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile "{run}/session.key";
    recursion no;
    dnssec-validation no;
    notify no;
    max-records-per-type 0;
}};
controls {{ }};
key "{key}" {{ algorithm {algorithm}; secret "{secret}"; }};
zone "{domain}" {{
    type primary;
    file "{file}";
    allow-update {{ key "{key}"; }};
    allow-transfer {{ key "{key}"; }};
    {options}
}};
"""
SIGNED = 'dnssec-policy default; inline-signing {inline}; key-directory "{run}";'
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def installed() -> bool:
    """Whether this machine has BIND's server."""
    return bool(shutil.which("named", path=PATH))


@contextmanager
def updatable(
    run: Path,
    zone: str = primary.FRAME,
    *,
    domain: str = "shop.example",
    algorithm: str = "hmac-sha256",
    sign: str = "",
) -> Iterator[Primary]:
    """Start BIND with this zone, in canonical text; `sign` is "", "in place" or "inline". It ends with the block."""
    made = Primary(domain, primary.free_port(), run / "log", algorithm)
    file = primary.master_file(run, domain, zone)
    options = SIGNED.format(inline="yes" if sign == "inline" else "no", run=run) if sign else ""
    config = run / "named.conf"
    config.write_text(
        CONFIG.format(
            run=run, port=made.port, key=KEY_NAME, secret=SECRET, algorithm=algorithm, domain=domain, file=file,
            options=options,
        )
    )  # fmt: skip
    server = primary.start([shutil.which("named", path=PATH) or "named", "-g", "-n", "1", "-c", str(config)], made.log)
    try:
        primary.wait_until_served(made, server)
        yield made
    finally:
        primary.stop(server)
