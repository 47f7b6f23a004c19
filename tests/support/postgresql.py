"""A real PostgreSQL on loopback, for the length of a test run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.ports import free_port

USER = "postgres"


def programs() -> Path | None:
    """Return the folder of the newest server's programs, None where there is none."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(found).resolve().parent if found else debian[-1].parent if debian else None


@contextmanager
def server(folder: Path, bin_folder: Path) -> Iterator[str]:
    """Run a server whose files are in `folder`; yields the URL of its first database."""
    port = free_port()
    data = folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, USER)
    _run([bin_folder / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"])
    with _started(data, port, bin_folder):
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"


@contextmanager
def anywhere() -> Iterator[str]:
    """Run a server in a folder of its own, or skip the test where there is none; yields its URL."""
    bin_folder = programs()
    if bin_folder is None:
        pytest.skip("no PostgreSQL here: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="sophia-postgresql-") as parent:
        Path(parent).chmod(0o755)  # the server's own user has to get in, which it may not below pytest's folder
        with server(Path(parent) / "server", bin_folder) as url:
            yield url


@contextmanager
def standby(folder: Path, bin_folder: Path, primary: str, delay: str) -> Iterator[str]:
    """Run a server that follows another one, by so much later; yields the URL of its first database."""
    port, data = free_port(), folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    _run([bin_folder / "pg_basebackup", "-D", data, "-R", "-c", "fast", "-d", primary])
    with _started(data, port, bin_folder, f"-c recovery_min_apply_delay={delay}"):
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"


@contextmanager
def _started(data: Path, port: int, bin_folder: Path, more: str = "") -> Iterator[None]:
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off {more}"
    control: list[str | Path] = [bin_folder / "pg_ctl", "-D", data, "-w", "-l", data / "log"]
    _run([*control, "-o", options, "start"])
    try:
        yield
    finally:
        _run([*control, "-m", "immediate", "stop"])


def _run(command: Sequence[str | Path]) -> None:
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*as_user, *command], cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def ask_for_passwords(folder: Path, url: str) -> None:
    """Have a server ask everybody for a password but USER, by SCRAM."""
    import psycopg

    rules = f"host all,replication {USER} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    (folder / "data" / "pg_hba.conf").write_text(rules)
    with psycopg.connect(url) as db:
        db.execute("SELECT pg_reload_conf()")
