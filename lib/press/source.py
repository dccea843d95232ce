"""A document's source: front matter and lines, with includes in place and each shortcode turned into a token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lib.errors import DocumentError
from lib.press.subset import SHORTCODES

SHORTCODE = re.compile(r"\{\{<\s*(?P<name>[\w-]*)\s*(?P<argument>[^<>]*?)\s*>\}\}")
FENCE = re.compile(r"^\s{0,3}(?P<fence>`{3,}|~{3,})\s*(?P<info>.*)$")
EXECUTABLE = re.compile(r"^\{\s*[A-Za-z]")
TOKEN = re.compile(r"Press(?:Var|Embed)\d+Token")


@dataclass(frozen=True)
class Line:
    """One line of text and where it stands."""

    words: str
    file: Path
    number: int

    @property
    def place(self) -> str:
        """File and line, as errors name them."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class Shortcode:
    """What a token stands for."""

    name: str
    argument: str
    line: Line


@dataclass(frozen=True)
class Source:
    """A document before pandoc reads it.

    Attributes
    ----------
    path
        The .qmd file.
    front_matter
        Its YAML header as plain data.
    header
        The header's own lines.
    lines
        The body with includes in place; shortcodes are tokens.
    shortcodes
        By token.
    """

    path: Path
    front_matter: Mapping[str, Any]
    header: tuple[Line, ...]
    lines: tuple[Line, ...]
    shortcodes: dict[str, Shortcode] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The text for pandoc."""
        return "\n".join(line.words for line in self.lines) + "\n"

    def place(self, words: str) -> str:
        """Return file and line of the first line that holds `words`, or the file alone."""
        for line in (*self.header, *self.lines):
            if words in line.words:
                return line.place
        for shortcode in self.shortcodes.values():
            if words in shortcode.argument:
                return shortcode.line.place
        return str(self.path)

    def tokens(self, words: str, line: Line) -> str:
        """Return `words` with each shortcode as a token, which is noted in `shortcodes`."""

        def token(match: re.Match[str]) -> str:
            name = match["name"]
            if name not in SHORTCODES:
                raise DocumentError(
                    f"{line.place}: unknown shortcode, got {match[0]!r}: only {', '.join(SHORTCODES)} are understood"
                )
            alone = words.strip() == match[0]
            if name != "var" and not alone:
                raise DocumentError(f"{line.place}: {name} must stand on a line of its own, got {words.strip()!r}")
            key = f"Press{'Embed' if name == 'embed' else 'Var'}{len(self.shortcodes)}Token"
            self.shortcodes[key] = Shortcode(name, match["argument"], line)
            return key

        replaced = SHORTCODE.sub(token, words)
        if "{{<" in replaced or ">}}" in replaced:
            raise DocumentError(f"{line.place}: a shortcode is not closed or has options, got {words.strip()!r}")
        return replaced


def read_source(path: Path) -> Source:
    """Read a .qmd file.

    Raises
    ------
    DocumentError
        If the file or an include is missing, the front matter is no YAML mapping, a code cell would have to be
        executed, a fence is not closed, or a shortcode is unknown or misplaced.
    """
    lines = _read_lines(path, f"{path}")
    header, body = _split(lines)
    try:
        front_matter = yaml.safe_load("\n".join(line.words for line in header)) or {}
    except yaml.YAMLError as error:
        raise DocumentError(f"{path}:1: the front matter is not YAML: {error}") from error
    if not isinstance(front_matter, dict):
        raise DocumentError(f"{path}:1: the front matter must be a mapping, got {front_matter!r}")
    included = [part for line in body for part in _include(line)]
    source = Source(path, front_matter, tuple(header), ())
    clean = _without_comments(included)
    tokens = tuple(_tokenised(source, clean))
    return Source(path, front_matter, tuple(header), tokens, source.shortcodes)


def _read_lines(path: Path, place: str) -> list[Line]:
    if not path.is_file():
        raise DocumentError(f"{place}: no such file, got {str(path)!r}")
    return [Line(words, path, number) for number, words in enumerate(path.read_text("utf-8").splitlines(), start=1)]


def _split(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    if not lines or lines[0].words.rstrip() != "---":
        return [], lines
    for position, line in enumerate(lines[1:], start=1):
        if line.words.rstrip() == "---":
            return lines[1:position], lines[position + 1 :]
    raise DocumentError(f"{lines[0].place}: the front matter is not closed by a line `---`")


def _include(line: Line) -> list[Line]:
    match = SHORTCODE.fullmatch(line.words.strip())
    if match is None or match["name"] != "include":
        return [line]
    path = line.file.parent / match["argument"]
    included = _read_lines(path, f"{line.place}: include")
    for part in included:
        if "{{< include" in part.words:
            raise DocumentError(f"{part.place}: an included file cannot include another, got {part.words.strip()!r}")
    if included and included[0].words.rstrip() == "---":
        raise DocumentError(f"{included[0].place}: an included file cannot have front matter")
    blank = Line("", line.file, line.number)
    return [blank, *included, blank]


def _without_comments(lines: list[Line]) -> list[Line]:
    clean: list[Line] = []
    fence, inside = "", False
    for line in lines:
        words = line.words
        if not inside:
            fence = _fence_after(words, fence)
        if not fence:
            words, inside = _strip_comment(words, inside)
        clean.append(Line(words, line.file, line.number))
    if inside:
        raise DocumentError(f"{lines[-1].place}: a comment `<!--` is not closed")
    return clean


def _strip_comment(words: str, inside: bool) -> tuple[str, bool]:
    kept = ""
    while words:
        mark = "-->" if inside else "<!--"
        before, found, words = words.partition(mark)
        kept += "" if inside else before
        if not found:
            break
        inside = not inside
    return kept, inside


def _fence_after(words: str, fence: str) -> str:
    match = FENCE.match(words)
    if match is None:
        return fence
    if not fence:
        return match["fence"]
    closes = match["fence"].startswith(fence) and not match["info"].strip()
    return "" if closes else fence


def _tokenised(source: Source, lines: list[Line]) -> list[Line]:
    tokens: list[Line] = []
    fence = ""
    opened = None
    for line in lines:
        after = _fence_after(line.words, fence)
        if not fence and after:
            opened = line
            _refuse_execution(line)
        if (fence or after) and "{{<" in line.words:
            raise DocumentError(f"{line.place}: shortcodes inside code are not understood, got {line.words.strip()!r}")
        words = line.words if fence or after else source.tokens(line.words, line)
        tokens.append(Line(words, line.file, line.number))
        fence = after
    if fence and opened is not None:
        raise DocumentError(f"{opened.place}: a code fence is not closed, got {opened.words!r}")
    return tokens


def _refuse_execution(line: Line) -> None:
    match = FENCE.match(line.words)
    if match is not None and EXECUTABLE.match(match["info"]):
        raise DocumentError(
            f"{line.place}: an executable cell, got {line.words.strip()!r}: put it in a notebook and embed its output"
        )
