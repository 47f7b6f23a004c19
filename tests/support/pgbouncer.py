"""A real PgBouncer on loopback before a PostgreSQL, for the length of a test."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.ports import free_port
from tests.support.postgresql import USER

PASSWORD = "canary-console"  # of a server that lives as long as a test


def program() -> str | None:
    """Return the pooler's program, None where there is none."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def pooler(folder: Path, server: str) -> Iterator[str]:
    """Run one that asks the server for passwords; yields the URL of its console."""
    port, parts = free_port(), urlsplit(server)
    (folder / "users").write_text(f'"console" "{PASSWORD}"\n"{USER}" ""\n')
    (folder / "ini").write_text(f"""[databases]
* = host={parts.hostname} port={parts.port} auth_user={USER}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = $1
admin_users = console
pool_mode = transaction
server_idle_timeout = 1
logfile = {folder}/log
""")  # noqa: S608  # a setting that has a query in it
    as_user = []
    if os.geteuid() == 0:  # it refuses to run as root
        for path in (folder, folder / "users", folder / "ini"):
            shutil.chown(path, USER)
        as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    process = subprocess.Popen([*as_user, str(program()), "-q", str(folder / "ini")], cwd="/", stdin=subprocess.DEVNULL)
    try:
        _wait(port)
        yield f"postgresql://console:{PASSWORD}@127.0.0.1:{port}/pgbouncer"
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("pgbouncer does not answer")
