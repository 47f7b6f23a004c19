"""A provider whose objects are files, so that a test can look whether anything happened outside the state.

`files:index:File` takes `folder`, `text` (changed in place), `key` (a change replaces the file, created first)
and `seat` (a change replaces it, deleted first). The file is called `<name>-<key>`; its path is the id.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.plugin import Difference, Properties, changed, serve


class File:
    """One file of a folder."""

    def preview(self, inputs: Properties) -> Properties:
        return inputs

    def create(self, name: str, inputs: Properties) -> tuple[str, Properties]:
        path = Path(inputs["folder"]) / f"{name}-{inputs.get('key', '')}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(inputs.get("text", "")))
        return str(path), inputs

    def read(self, id_: str, state: Properties) -> Properties | None:
        path = Path(id_)
        return {"folder": str(path.parent), **state, "text": path.read_text()} if path.exists() else None

    def diff(self, olds: Properties, news: Properties) -> Difference:
        names = changed(olds, news)
        replaces = tuple(name for name in names if name in {"folder", "key", "seat"})
        return Difference(names, replaces, "seat" in names)

    def update(self, id_: str, olds: Properties, news: Properties) -> Properties:
        Path(id_).write_text(str(news.get("text", "")))
        return news

    def delete(self, id_: str, state: Properties) -> None:
        Path(id_).unlink(missing_ok=True)


if __name__ == "__main__":
    serve({"files:index:File": File()})
