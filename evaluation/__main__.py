"""The command: `python -m evaluation`."""

import argparse
import json
import os
import sys
from pathlib import Path

from bench.figures import columns
from evaluation import committed
from evaluation.cases import Case, cases
from evaluation.evaluate import Result, evaluate, outcomes
from evaluation.plot import svg
from evaluation.runners import RULES, Runner, real, runners
from evaluation.table import markdown, rows
from sophia_infra.advice.claude.prices import AS_OF

DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- the table that `make eval` writes -->\n", "<!-- end of the table -->\n"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    names = [runner.name for runner in runners()]
    made = argparse.ArgumentParser(prog="python -m evaluation", description="Score the advice on a labelled set.")
    made.add_argument("--only", metavar="NAME", action="append", choices=names, help=f"one of {', '.join(names)}")
    made.add_argument("--case", metavar="TEXT", default="", help="cases whose names hold this text only")
    made.add_argument("--rounds", metavar="N", type=int, default=5, help="times that each is asked (5)")
    made.add_argument("--json", action="store_true", help="print all that was counted as JSON in place of the table")
    made.add_argument("--misses", action="store_true", help="print what the rules miss, case by case")
    made.add_argument("--write", action="store_true", help="commit the rules' score, table and plot")
    made.add_argument("--model", metavar="NAME", help="ask this real model too; it costs money: ANTHROPIC_API_KEY")
    made.add_argument("--max-cost", metavar="DOLLARS", type=float, default=5.0, help="that it may cost at most (5)")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 where a model widened something, or a score that was to be written fell."""
    given = parser().parse_args(arguments)
    chosen = [case for case in cases() if given.case in case.name]
    asked = [runner for runner in runners() if runner.name in (given.only or [runner.name])]
    if given.model:
        asked.append(_announced(given.model, given.max_cost, len(chosen) * given.rounds))
    results = _evaluated(asked, chosen, given.rounds)
    print(json.dumps([result.as_dict() for result in results], indent=1) if given.json else columns(rows(results)))
    if given.misses:
        print("\n".join(_misses(results)))
    wide = [
        f"{result.runner}: {name}: {each}"
        for result in results
        for name, found in result.widened.items()
        for each in found
    ]
    for line in wide:
        print(f"WIDENED {line}", file=sys.stderr)
    return _written(results, chosen, whole=not (given.case or given.only)) if given.write else int(bool(wide))


def _announced(model: str, max_cost: float, calls: int) -> Runner:
    if not os.environ.get("ANTHROPIC_API_KEY"):
        sys.exit("--model asks a real model: set ANTHROPIC_API_KEY")
    runner = real(model, max_cost)
    bound = f"{max_cost:g} US dollars (--max-cost, list prices of {AS_OF})"
    if runner.claude and runner.claude.price is None:
        bound = f"{runner.claude.max_tokens} tokens: its price is not known"
    print(f"asks {model} up to {calls} times, for at most {bound}", file=sys.stderr, flush=True)
    return runner


def _evaluated(asked: list[Runner], chosen: list[Case], rounds: int) -> list[Result]:
    alone = outcomes(runners()[0], chosen)
    return [evaluate(runner, chosen, rounds, alone) for runner in asked]


def _misses(results: list[Result]) -> list[str]:
    return [
        f"{name}: {miss}"
        for result in results
        if result.runner == RULES
        for name, misses in result.score.misses.items()
        for miss in misses
    ]


def _written(results: list[Result], chosen: list[Case], *, whole: bool) -> int:
    """Write the score, the table and the plot, unless the score fell, or something was widened."""
    if not whole or any(result.widened for result in results):
        print("nothing is written: that takes the whole set, every runner, and nothing widened", file=sys.stderr)
        return 1
    score = next(result.score for result in results if result.runner == RULES)
    before = committed.read()
    if fallen := committed.fallen(score, before):
        print("nothing is written, since the score may only rise:", *fallen, sep="\n", file=sys.stderr)
        return 1
    print("right now:", *committed.risen(score, before), sep="\n", file=sys.stderr)
    committed.write(score, (case.name for case in chosen))
    (DOCS / "evaluation.svg").write_text(svg(results))
    page = DOCS / "evaluation.md"
    above, rest = page.read_text().split(BEGIN)
    page.write_text(above + BEGIN + markdown(results) + END + rest.split(END)[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
