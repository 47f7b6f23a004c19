"""The comment: bounded, worst first, and what comes from outside is text."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sophia_infra.journal import Journal
from sophia_infra.report import Records, Report, gather, markdown, read
from tests.report.documents import CHANGES, FINDING, advice, document, events, said, zone
from tests.support.injections import Injection, injections

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {"heading", "paragraph", "bullet_list", "list_item", "fence", "inline", "strong", "text", "softbreak"}
OURS |= {"code_inline", "html_block"}
TRICKS = [
    "`` ` ``` @octocat",
    "```\n@octocat\n```",
    "~~~",
    "| a | b |\n|---|---|\n| @octocat |",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png)",
    "[x](https://evil.example)",
    "https://evil.example www.evil.example WWW.evil.example a@evil.example",
    "<!-- sophia report -->",
    "-->",
    "@octocat @org/team #1 GH-1 org/repo#1",
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
    ":+1: $x$ ~~gone~~ **bold** _it_ &lt;b&gt;",
    "\\`@octocat\\`",
    "x\\",
    "\u202e\u0000\u001b[31m",
    "1. one\n2. two\n---\n===",
]


def report(text: str, tmp_path: Path | str = "/nowhere") -> Report:
    return gather(read(text, "preview.json"), Records(Journal.open(tmp_path)))


def with_text(text: str) -> str:
    """A comment in which a text from outside stands wherever one may."""
    line = re.sub(r"\s", " ", text) or "x"
    changes = {**CHANGES, "reasons": [f"high mail A update: {line}"], "pending": [line], "details": [f"+ {line}"]}
    finding = {**FINDING, "subject": line, "message": line, "fix": line, "code": line}
    policy = {"policyName": line, "enforcementLevel": "advisory", "message": text}
    inputs: dict[str, Any] = {"changes": changes, "advice": advice("caution", finding), "late_secret": [line]}
    steps = [zone(new=f"mail 300 TXT {line}\n", **inputs), zone(old=None, name=line, **inputs)]
    whole = document(*steps, diagnostics=[said(text), said(f"error: x has a problem: zone a: {text}")])
    return markdown.render(report(whole)) + markdown.render(report(events(*steps, policies=[policy])))


def kinds(tokens: list[Token]) -> set[str]:
    found = {re.sub(r"_(open|close)$", "", token.type) for token in tokens}
    return found.union(*(kinds(token.children or []) for token in tokens))


def sentences(tokens: list[Token]) -> str:
    """All that is shown outside of code, where GitHub looks for mentions, numbers, commits and addresses."""
    parts = [token.content for token in tokens if token.type == "text"]
    return " ".join([*parts, *(sentences(token.children or []) for token in tokens)])


LINKED = re.compile(r"(?i)(?<!\w)[@#]\w|\bGH-\d|\b[0-9a-f]{7,40}\b|\w@\w")


def is_text(comment: str) -> None:
    tokens = PARSER.parse(comment)
    assert kinds(tokens) <= OURS
    assert {token.content.strip() for token in tokens if token.type == "html_block"} <= {markdown.MARK}
    assert not LINKED.search(sentences(tokens))
    outside = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", comment, flags=re.DOTALL)
    assert not re.search(r"(?i)(https?|ftp|mailto|xmpp):|www\.", outside)


@pytest.mark.parametrize("text", TRICKS)
def test_tricks_stay_text(text: str) -> None:
    is_text(with_text(text))


@pytest.mark.parametrize("injection", injections(), ids=lambda found: found.id)
def test_the_corpus_of_injections_stays_text(injection: Injection) -> None:
    is_text(with_text(injection.text))


@given(st.text(alphabet="`\\|<>[]()!@#*_~:$&-.wW a1\n\u202e", max_size=40))
@example("`\\`")
@example("`` `")
def test_any_text_stays_text(text: str) -> None:
    is_text(with_text(text))


def test_the_comment_of_a_zone_reads_so() -> None:
    assert markdown.render(report(events(zone(), policies=[])), 5000) == (
        "<!-- sophia report -->\n"
        "## Preview of `dns/prod`: caution\n\n"
        "Look at it before it is applied.\n\n"
        "- **caution** `zone shop.example` 1 to update; exposure **high**\n\n"
        "### `zone shop.example`: caution\n\n"
        "1 to update; exposure **high**\n\n"
        "**Changes**\n\n```diff\n- mail 300 A 192.0.2.3\n+ mail 300 A 192.0.2.77\n```\n\n"
        "**Exposure**\n\n- **high** `mail A` update\\: needed by \\@ MX\n\n"
        "**Advice of rules\\: caution**\n\n- **error** `address-documentation` `mail A` ... → Use another.\n\n"
        "**What to do**\n\n- see every finding\\: `sophia advice show aaaaaaaaaaaa`\n\n"
    )


def test_a_comment_is_bounded_and_says_what_it_leaves_out() -> None:
    long = "@ 3600 SOA a. b. 0 1 2 3 4\n" + "".join(f'a{n} 300 TXT "{"x" * 900}"\n' for n in range(200))
    steps = [
        zone(name=f"z{number}", new=long, advice=advice("block" if number == 7 else "caution")) for number in range(300)
    ]
    comment = markdown.render(report(document(*steps)))
    assert len(comment) <= markdown.LIMIT
    assert len(comment) > markdown.LIMIT / 2
    assert comment.index("### `zone z7.example`: block") < comment.index("### `zone z0.example`: caution")
    assert "- and 280 more" in comment
    assert "... and " in comment
    assert re.search(r"\*\*Left out\*\*, since a comment takes 65,536 characters: .+ more\. The page has", comment)
    is_text(comment)


def test_the_mark_stands_first_so_that_a_workflow_finds_its_comment() -> None:
    assert markdown.render(report(document(zone()))).startswith(f"{markdown.MARK}\n")
