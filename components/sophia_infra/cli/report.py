"""`sophia report`: a preview as Markdown for a pull request, or as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sophia_infra.cli import options
from sophia_infra.cli.command import Command
from sophia_infra.cli.options import FILE
from sophia_infra.cli.terminal import print_json

if TYPE_CHECKING:
    from sophia_infra.journal import Journal


@click.command(cls=Command)
@click.argument("file", type=FILE)
@click.option("--markdown", "form", flag_value="markdown", default=True, help="Markdown for a comment (the default).")
@click.option("--html", "form", flag_value="html", help="One page with all of it; needs the extra `report`.")
@click.option("--out", type=click.Path(readable=False), metavar="FILE", help="Where it is written; default: printed.")
@options.journal
@options.as_json
def report(file: str, form: str, out: str | None, journal: "Journal", as_json: bool) -> int:
    """A preview for people: what changes, what hangs on it, advice, what to do. FILE may be - for standard input.

    FILE is what `pulumi preview --json` printed. With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true beside it, what
    policies say is in it too.

    exit codes: 0 it may pass, 1 something stops it or advises to block it, 2 not a preview

    examples:
      pulumi preview --json > preview.json; sophia report preview.json
      sophia report preview.json --html --out preview.html
      pulumi preview --json | sophia report - > comment.md
    """
    from sophia_infra.cli.sources import name_of, read_text
    from sophia_infra.codec import encode
    from sophia_infra.report import Records, Report, gather, html, markdown, read

    found: Report = gather(read(read_text(file), name_of(file)), Records(journal))
    if as_json:
        print_json(report=encode(found))
    else:
        text = html.render(found) if form == "html" else markdown.render(found)
        if out:
            Path(out).write_text(text, encoding="utf-8")
        else:
            print(text, end="")
    return int(found.standing.stops)
