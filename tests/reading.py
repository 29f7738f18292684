"""Reads a page as a visitor, a browser or a search engine does: `read(response).title`."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from django.http import HttpResponseBase

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Reading:
    """What stands in a page."""

    title: str = ""
    h1: list[str] = field(default_factory=list)
    metas: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)  # in the head: rel to href
    hrefs: list[str] = field(default_factory=list)
    words: str = ""  # all text of <main>, spaces made single
    fields: list[dict[str, str | None]] = field(default_factory=list)

    def says(self, words: str) -> bool:
        """Say whether the main part holds the words, whatever the line breaks."""
        return " ".join(words.split()) in self.words


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Reading()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "meta" and (name := given.get("name") or given.get("property")):
            self.page.metas[name] = given.get("content") or ""
        if tag == "link":
            self.page.links[given.get("rel") or ""] = given.get("href") or ""
        if tag == "a":
            self.page.hrefs.append(given.get("href") or "")
        if tag in {"input", "textarea", "select"}:
            self.page.fields.append(given)
        if tag == "h1":
            self.page.h1.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "title" in self.open and "svg" not in self.open:
            self.page.title += data
        if "h1" in self.open:
            self.page.h1[-1] += data
        if "main" in self.open:
            self.texts.append(data)


def read(response: HttpResponseBase) -> Reading:
    """Return what stands in a response's page."""
    reader = _Reader()
    reader.feed(response.content.decode())  # type: ignore[attr-defined]  # never a stream
    reader.page.words = " ".join(" ".join(reader.texts).split())
    return reader.page
