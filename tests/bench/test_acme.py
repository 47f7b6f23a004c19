"""The benchmark of certificates runs, and every side is given what it ordered; how fast they are, no test says."""

from pathlib import Path

import pytest

from bench import acme
from bench.peers.missing import MissingError
from tests.support import knot, pebble


@pytest.mark.engine
@pytest.mark.soak  # four runs of the engine, and no product code that other tests do not run
def test_all_sides_are_given_certificates(
    engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOPHIA_ENGINE_BIN", str(engine))
    pebble.skip_where_lacking()
    if not knot.installed():
        pytest.skip("Knot is not installed; python -m engine.debian gets it")
    figures = acme.figures(tmp_path, 100, 1)
    missing = capsys.readouterr().err.count("not measured against")
    if missing == len(acme.PEERS):
        pytest.skip("no peer can be had here")
    assert len(figures) == 5 * (len(acme.PEERS) - missing)


def test_a_peer_that_can_not_be_had_is_left_out_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lacking(*_: object) -> None:
        raise MissingError("there is no `go` on PATH")

    monkeypatch.setattr(acme, "PEERS", {"lego": lacking})
    assert dict(acme.reachable(tmp_path, None)) == {}  # type: ignore[arg-type]  # no server is asked
    assert capsys.readouterr().err == "note: not measured against lego: there is no `go` on PATH\n"
