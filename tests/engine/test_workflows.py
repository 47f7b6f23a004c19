"""The shell steps of the workflows that `sophia init` writes, run as they stand, on the real engine."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from sophia_infra.starter import Stack, place
from tests.support.workspace import REPO, Workspace

pytestmark = pytest.mark.engine

WORKFLOWS = REPO / "examples" / "policy-in-ci" / ".github" / "workflows"
GH = """#!/bin/bash
echo "$@" >>"$TOLD"
case "$*" in
  "run list"*) cat "$APPLIED";;
  *--paginate*) cat "$COMMENTS";;
  *body=@comment.md*) head -n 2 comment.md >>"$TOLD";;
esac
"""


def steps(folder: Path, workflow: str, job: str) -> list[str]:
    found: dict[str, Any] = yaml.safe_load((folder / ".github" / "workflows" / f"{workflow}.yaml").read_text())
    return [step["run"] for step in found["jobs"][job]["steps"] if "run" in step]


def run(workspace: Workspace, folder: Path, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does: by `bash -e`."""
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env=workspace.environment() | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_pull_request_gets_a_report_and_a_merge_applies_the_plan_that_was_agreed_to(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "dns"
    place(Stack("foo.example", "sophia-infra").files(), folder)
    assert run(workspace, folder, "pulumi stack init prod").returncode == 0
    workspace.env["GITHUB_STEP_SUMMARY"] = str(folder / "summary.md")

    [preview] = steps(folder, "preview", "preview")
    previewed = run(workspace, folder, preview)
    assert previewed.returncode == 0, previewed.stdout + previewed.stderr
    assert "### `zone foo.example`: " in previewed.stdout
    assert "foo.example" in (folder / "preview.html").read_text()

    [plan] = steps(folder, "up", "plan")
    planned = run(workspace, folder, plan)
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert "## Preview of `foo-example/prod`" in (folder / "summary.md").read_text()
    [apply] = steps(folder, "up", "apply")
    applied = run(workspace, folder, apply)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "192.0.2.10" in (folder / "zones" / "db.foo.example").read_text()

    # A hand on the zone: the daily run puts back what the program says, and the journal's chain is whole.
    served = folder / "zones" / "db.foo.example"
    served.write_text(served.read_text().replace("192.0.2.10", "192.0.2.99"))
    applied_last, *rest = steps(folder, "daily", "heal")
    for step in rest:
        healed = run(workspace, folder, step)
        assert healed.returncode == 0, healed.stdout + healed.stderr
    assert "192.0.2.10" in served.read_text()
    for sha, code in (("0a1b2c", 0), ("", 1)):
        assert gh_says(workspace, folder, applied_last, sha) == (code, f"sha={sha}\n" if sha else "")

    # What goes beyond the pack's limits fails the check, and is reported all the same.
    (folder / "summary.md").write_text("")
    zone = folder / "records" / "foo.example.zone"
    zone.write_text("\n".join(line for line in zone.read_text().splitlines() if " MX " not in line) + "\n")
    refused = run(workspace, folder, preview)
    assert refused.returncode != 0
    assert "## Preview of `foo-example/prod`: stopped" in refused.stdout
    assert run(workspace, folder, plan).returncode != 0
    assert "## Preview of `foo-example/prod`: stopped" in (folder / "summary.md").read_text()


def gh_says(workspace: Workspace, folder: Path, step: str, sha: str) -> tuple[int, str]:
    """What comes of the step that asks which commit was applied last."""
    programs, output = folder / "programs", folder / "output"
    programs.mkdir(exist_ok=True)
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    (programs / "sha").write_text(sha)
    output.write_text("")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    told = {"PATH": path, "TOLD": os.devnull, "APPLIED": str(programs / "sha"), "GITHUB_OUTPUT": str(output)}
    done = run(workspace, folder, step, GITHUB_REPOSITORY="me/dns", **told)
    return done.returncode, output.read_text()


def test_the_daily_run_heals_what_was_applied_last_and_nothing_that_was_merged_since() -> None:
    daily = yaml.safe_load((WORKFLOWS / "daily.yaml").read_text())
    [checkout] = [step for step in daily["jobs"]["heal"]["steps"] if "checkout" in step.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ steps.applied.outputs.sha }}"


def test_a_comment_is_made_once_and_then_written_anew(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "dns"
    place(Stack("foo.example", "sophia-infra").files(), folder)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gh").write_text(GH)
    (programs / "gh").chmod(0o755)
    (folder / "comment.md").write_text("<!-- sophia report -->\n## Preview\n")
    comments, told = tmp_path / "comments", tmp_path / "told"
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COMMENTS": str(comments), "TOLD": str(told)}
    [comment] = steps(folder, "preview", "comment")
    for known, address in (
        ("", "POST repos/me/dns/issues/7/comments"),
        ("41\n42\n", "PATCH repos/me/dns/issues/comments/41"),
    ):
        comments.write_text(known)
        told.write_text("")
        done = run(workspace, folder, comment, GITHUB_REPOSITORY="me/dns", NUMBER="7", **environment)
        assert done.returncode == 0, done.stderr
        assert f"api --method {address} -F body=@comment.md" in told.read_text()


def test_without_a_pack_the_script_says_how_it_is_used(workspace: Workspace, tmp_path: Path) -> None:
    place(Stack("foo.example", "sophia-infra").files(), tmp_path / "dns")
    used = run(workspace, tmp_path / "dns", "./report.sh")
    assert (used.returncode, used.stdout) == (2, "")
    assert "usage: report.sh PACK CONFIG" in used.stderr
