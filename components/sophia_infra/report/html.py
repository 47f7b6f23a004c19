"""A report as one page that needs nothing beside it: no script, no font, no picture from anywhere. Pure.

Every text is escaped by the template engine; what is hidden or would reorder a line is shown as an escape. The page's
own policy lets nothing be loaded and no style apply but the one in it.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sophia_infra import installation
from sophia_infra.report import graph, sections
from sophia_infra.report.document import ReportError
from sophia_infra.report.model import Report
from sophia_infra.reporter import printable

if TYPE_CHECKING:
    from jinja2 import Template

_FOLDER = Path(__file__).parent
_TEMPLATE, _STYLE = "page.html.j2", "page.css"


def render(report: Report) -> str:
    """Return a report as HTML.

    Raises:
        ReportError: jinja2 is not installed.
    """
    return _template().render(
        report=report,
        overview=sections.overview(report),
        items=[(item, list(sections.of_item(item, each=True)), graph.picture(item)) for item in report.items],
        rest=list(sections.of_rest(report)),
        graph=graph,
    )


@cache
def _template() -> "Template":
    try:
        import jinja2  # an extra
        from markupsafe import Markup
    except ImportError:
        raise ReportError(
            f"a page is made by jinja2, which is not installed: {installation.command('report')}",
            code="no-page",
            field="--html",
        ) from None
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    style = (_FOLDER / _STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The style is ours, and the only text that is not escaped.
    environment.globals |= {"style": Markup(style), "digest": digest}  # noqa: S704  see above
    return environment.get_template(_TEMPLATE)


def _shown(value: object) -> object:
    """A text on one line, with what can't be seen as escapes; markup, and what is no text, as it is."""
    return printable(" ".join(value.splitlines())) if type(value) is str else value
