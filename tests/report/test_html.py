"""The page: it needs nothing beside it, and what comes from outside is text. A real browser says so too."""

import html as escaping
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sophia_infra import installation
from sophia_infra.report import ReportError, html
from tests.report.documents import CHANGES, FINDING, advice, document, events, said, zone
from tests.report.test_markdown import TRICKS, report
from tests.support.injections import Injection, injections

BROWSER = shutil.which("chromium-headless-shell") or shutil.which("chromium")
MORE = ['" onload="x', "' x='", "</style><script>", "{{ 7 * 7 }}{% raw %}", "</title>", "</pre></span>"]
LIGHT, DARK = "rgb(255, 255, 255)", "rgb(13, 17, 23)"


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def steps_with(text: str) -> list[dict[str, Any]]:
    line = re.sub(r"\s", " ", text) or "x"
    changes = {**CHANGES, "reasons": [f"high mail A update: {line}"], "pending": [line], "details": [f"+ {line}"]}
    finding = {**FINDING, "subject": line, "message": line, "fix": line, "code": line}
    inputs: dict[str, Any] = {
        "changes": changes,
        "advice": advice("caution", finding),
        "relied_on": {"mail.shop.example": line},
    }
    return [zone(new=f"mail 300 TXT {line}\n", **inputs), zone(old=None, name=line, **inputs)]


def page_with(text: str) -> str:
    """A page in which a text from outside stands wherever one may."""
    policy = {"policyName": text, "enforcementLevel": text, "message": text}
    whole = document(*steps_with(text), diagnostics=[said(text), said(f"error: x has a problem: zone a: {text}")])
    return html.render(report(whole)) + html.render(report(events(*steps_with(text), policies=[policy])))


def shape(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements and the names of their attributes; a class is a word of ours."""
    return [(tag, tuple(sorted(attributes))) for tag, attributes in Page(page).elements]


@pytest.fixture(scope="module")
def harmless() -> set[tuple[str, tuple[str, ...]]]:
    return set(shape(page_with("a `b` c")))


def is_text(page: str, harmless: set[tuple[str, tuple[str, ...]]]) -> None:
    found = Page(page)
    assert set(shape(page)) <= harmless
    assert not {tag for tag, _ in found.elements} & {"script", "img", "iframe", "object", "base", "form", "link"}
    references = [attributes["href"] for tag, attributes in found.elements if tag == "a"]
    assert all(re.fullmatch(r"#item-\d+", reference or "") for reference in references)
    assert not re.search("[\u202e\u0000\u001b]", page)


@pytest.mark.parametrize(
    "text", [*TRICKS, '" onload="x', "' x='", "</style><script>", "{{ 7 * 7 }}{% raw %}", "</title>"]
)
def test_tricks_stay_text(text: str, harmless: set[tuple[str, tuple[str, ...]]]) -> None:
    page = page_with(text)
    is_text(page, harmless)
    assert "49" not in "".join(Page(page).text) or "49" in text


@pytest.mark.parametrize("injection", injections(), ids=lambda found: found.id)
def test_the_corpus_of_injections_stays_text(injection: Injection, harmless: set[tuple[str, tuple[str, ...]]]) -> None:
    is_text(page_with(injection.text), harmless)


def test_the_page_says_what_the_comment_says_and_draws_what_hangs_on_it() -> None:
    page = Page(html.render(report(document(zone()))))
    text = " ".join(" ".join(page.text).split())
    for word in ("dns/prod", "zone shop.example", "mail 300 A 192.0.2.77", "address-documentation", "Use another."):
        assert word in text
    assert "Left: what changes. Right: what needs it." in text
    assert [tag for tag, _ in page.elements].count("path") == 1


def test_the_policy_of_the_page_lets_nothing_in_but_its_own_style() -> None:
    [policy] = [
        found["content"] for tag, found in Page(html.render(report(document()))).elements if "http-equiv" in found
    ]
    assert policy
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'", policy
    )


def test_without_the_extra_the_error_has_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "_template", html._template.__wrapped__)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ReportError) as refused:
        html.render(report(document()))
    assert refused.value.code == "no-page"
    assert installation.command("report") in str(refused.value)


@pytest.mark.skipif(not BROWSER, reason="no chromium here: python -m engine.debian")
@pytest.mark.parametrize(("scheme", "background"), [("1", LIGHT), ("0", DARK)])
def test_a_browser_shows_the_page_on_a_phone_in_light_and_in_dark(tmp_path: Path, scheme: str, background: str) -> None:
    """A frame as wide as a phone holds the page; what stands around it looks at what the browser made of it."""
    name = f"{'long-' * 30}name"
    steps = [*steps_with("<script>document.title='run'</script> @octocat"), zone(name=name)]
    page = html.render(report(document(*steps, diagnostics=[said("<img src=x onerror=alert(1)>")])))
    (
        tmp_path / "around.html"
    ).write_text(f"""<!doctype html><iframe width=390 height=900 srcdoc="{escaping.escape(page)}"></iframe>
        <pre id=seen></pre><script>onload = () => {{
          const inner = document.querySelector("iframe").contentDocument;
          const body = getComputedStyle(inner.body);
          const stops = [...inner.querySelectorAll("a, [tabindex]")];
          document.querySelector("#seen").textContent = JSON.stringify({{
            width: inner.documentElement.scrollWidth, background: body.backgroundColor, size: body.fontSize,
            title: inner.title, scripts: inner.scripts.length, images: inner.images.length,
            reached: stops.every(stop => {{ stop.focus(); return inner.activeElement === stop; }}),
            targets: [...inner.links].every(link => inner.querySelector(link.hash)), stops: stops.length,
          }});
        }};</script>""")
    seen = browsed(tmp_path / "around.html", f"--blink-settings=preferredColorScheme={scheme}")
    assert seen["width"] <= 390
    assert (seen["background"], seen["size"]) == (background, "16px")
    assert (seen["title"], seen["scripts"], seen["images"]) == ("stopped: preview of dns/prod", 0, 0)
    assert (seen["reached"], seen["targets"]) == (True, True)
    assert seen["stops"] > 5


def browsed(page: Path, *flags: str) -> Any:
    """What the page around another one noted; the browser complains of nothing."""
    assert BROWSER
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    shown = subprocess.run(
        [*command, "--enable-logging=stderr", *flags, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "CONSOLE" not in shown.stderr, shown.stderr
    seen = re.search(r"<pre id=\"seen\">(.*?)</pre>", shown.stdout)
    assert seen, shown.stdout
    return json.loads(escaping.unescape(seen[1]))
