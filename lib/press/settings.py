"""A document's front matter, checked: numbering, bibliography, formats and the title block."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.errors import DocumentError
from lib.press.project import Project, read_formats
from lib.press.source import Line, Source
from lib.press.subset import AFFILIATION, AUTHOR, CROSSREF, CROSSREF_TITLES, FRONT_MATTER, REFERENCES, TYPST_HEADERS
from lib.press.tree import Json

MARKDOWN_KEYS = ("title", "subtitle", "abstract", "description")


@dataclass(frozen=True)
class Settings:
    """What the front matter and the project say together.

    Attributes
    ----------
    bibliography
        The .bib files.
    lang
        Language tag.
    number_sections
        Whether headings are numbered.
    formats
        Options by format, in the order of the front matter.
    prefixes
        By kind of label, what stands before the number: `Table ` or, in the supplement, `Table S`.
    date
        The day of an ISO date, else None.
    header
        Title block as pandoc metadata; strings are markdown, shortcodes in them are tokens.
    contents
        `toc` and `toc-depth` where no format says otherwise.
    """

    bibliography: tuple[Path, ...]
    lang: str
    number_sections: bool
    formats: Mapping[str, Mapping[str, Any]]
    prefixes: Mapping[str, str]
    date: datetime.date | None
    header: Mapping[str, Any]
    contents: Mapping[str, Any]

    @property
    def epoch(self) -> int:
        """The document's date as seconds since 1970, or 1 January 1980: the time that Word files carry."""
        day = self.date or datetime.date(1980, 1, 1)
        return int(datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC).timestamp())

    def option(self, output: str, key: str, default: Json) -> Json:
        """Return an option of a format, which the front matter may also set for all formats."""
        return self.formats.get(output, {}).get(key, self.contents.get(key, default))


def read_settings(source: Source, project: Project) -> Settings:
    """Check the front matter of a document against the subset and join it with the project's defaults.

    Raises
    ------
    DocumentError
        If a key is unknown or a value is not of the expected form.
    """
    matter = dict(source.front_matter)
    for key in matter:
        if key not in FRONT_MATTER:
            near = difflib.get_close_matches(str(key), FRONT_MATTER, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(FRONT_MATTER)}"
            raise DocumentError(f"{source.place(f'{key}:')}: unknown front-matter key, got {key!r}: {hint}")
    merged = {**project.defaults, **matter}
    own = read_formats(matter.get("format", {"html": "default"}), source.place("format:"))
    formats = {name: {**project.formats.get(name, {}), **options} for name, options in own.items()}
    _check_typst_header(formats, source)
    return Settings(
        bibliography=_bibliography(source, project),
        lang=str(merged.get("lang", "en")),
        number_sections=bool(merged.get("number-sections", False)),
        formats=formats,
        prefixes=_prefixes(
            [matter.get("crossref"), *(options.get("crossref") for options in formats.values())], source
        ),
        date=_iso_date(matter.get("date")),
        header=_header(source),
        contents={key: merged[key] for key in ("toc", "toc-depth") if key in merged},
    )


def _check_typst_header(formats: Mapping[str, Mapping[str, Any]], source: Source) -> None:
    for entry in formats.get("typst", {}).get("include-in-header", []):
        known = [{"text": text} for text in TYPST_HEADERS]
        if entry not in known:
            place = source.place("include-in-header")
            raise DocumentError(f"{place}: the only header texts for typst are {TYPST_HEADERS}, got {entry!r}")


def _bibliography(source: Source, project: Project) -> tuple[Path, ...]:
    own = source.front_matter.get("bibliography")
    folder = source.path.parent if own else project.root
    entries = own or project.defaults.get("bibliography") or []
    files = tuple(folder / entry for entry in ([entries] if isinstance(entries, str) else entries))
    for file in files:
        if not file.is_file():
            raise DocumentError(f"{source.place('bibliography')}: no such bibliography, got {str(file)!r}")
    return files


def _prefixes(sections: list[Any], source: Source) -> dict[str, str]:
    prefixes = {kind: f"{word} " for kind, word in REFERENCES.items()}
    found: dict[str, str] = {}
    for section in sections:
        if section is None:
            continue
        place = source.place("crossref")
        if not isinstance(section, dict) or not {"custom"} <= set(section) <= {"custom", *CROSSREF_TITLES}:
            allowed = ", ".join(CROSSREF_TITLES)
            raise DocumentError(f"{place}: crossref may only hold `custom` and with it {allowed}, got {section!r}")
        given = [_prefix(entry, place) for entry in section["custom"]]
        given += [(key.partition("-")[0], str(section[key])) for key in CROSSREF_TITLES if key in section]
        for kind, prefix in given:
            if found.setdefault(kind, prefix) != prefix:
                raise DocumentError(f"{place}: two prefixes for {kind}, got {found[kind]!r} and {prefix!r}")
    return {**prefixes, **found}


def _prefix(entry: Json, place: str) -> tuple[str, str]:
    if not isinstance(entry, dict) or not set(entry) <= set(CROSSREF):
        raise DocumentError(f"{place}: an entry of crossref custom holds {', '.join(CROSSREF)}, got {entry!r}")
    if entry.get("kind") != "float" or entry.get("key") not in {"tbl", "fig"}:
        raise DocumentError(f"{place}: crossref custom is for floats `tbl` and `fig`, got {entry!r}")
    prefix = str(entry.get("reference-prefix", ""))
    if not prefix or entry.get("caption-prefix") != prefix:
        raise DocumentError(f"{place}: reference-prefix and caption-prefix must be the same, got {entry!r}")
    return entry["key"], prefix if entry.get("space-before-numbering") is False else f"{prefix} "


def _iso_date(value: Json) -> datetime.date | None:
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        return None


def _header(source: Source) -> dict[str, Any]:
    matter = source.front_matter
    header: dict[str, Any] = {
        key: _tokens(source, key, str(matter[key])) for key in MARKDOWN_KEYS if matter.get(key) is not None
    }
    if "title" not in header:
        raise DocumentError(f"{source.path}:1: a title is missing: add `title: ...` to the front matter")
    if header.get("abstract"):
        header["abstract-title"] = "Abstract"
    if "date" in matter:
        day = _iso_date(matter["date"])
        if day is None and str(matter["date"]) in {"today", "now", "last-modified"}:
            raise DocumentError(f"{source.place('date:')}: a fixed date keeps builds equal, got {matter['date']!r}")
        header["date"] = f"{day:%B} {day.day}, {day.year}" if day else _tokens(source, "date", str(matter["date"]))
    keywords = matter.get("keywords", [])
    header["keywords"] = [str(word) for word in ([keywords] if isinstance(keywords, str) else keywords)]
    return {**header, **_people(source)}


def _tokens(source: Source, key: str, words: str) -> str:
    place = source.place(f"{key}:")
    file, _, number = place.rpartition(":")
    line = Line(words, Path(file), int(number)) if number.isdigit() else Line(words, source.path, 1)
    return source.tokens(words, line)


def _people(source: Source) -> dict[str, list[str]]:
    place = source.place("author:")
    entries = source.front_matter.get("author", [])
    authors = [{"name": entry} if isinstance(entry, str) else entry for entry in _listed(entries)]
    shared = {str(entry.get("id", "")): entry for entry in source.front_matter.get("affiliations", [])}
    lines: list[str] = []
    names, byline, letters = [], [], []
    for author in authors:
        if not isinstance(author, dict) or not set(author) <= set(AUTHOR) or "name" not in author:
            raise DocumentError(f"{place}: an author holds {', '.join(AUTHOR)}, got {author!r}")
        marks = []
        for entry in _listed(author.get("affiliations", [])):
            line = _affiliation(entry, shared, place)
            if line not in lines:
                lines.append(line)
            marks.append(lines.index(line) + 1)
        name = str(author["name"])
        names.append(name)
        orcid = f" ([ORCID](https://orcid.org/{author['orcid']}))" if author.get("orcid") else ""
        byline.append((name, f"^{','.join(map(str, sorted(marks)))}^" if marks else "", orcid))
        if author.get("corresponding") and author.get("email"):
            letters.append(f"Correspondence: {name}, {author['email']}")
    alone = len(lines) < 2
    numbered = lines if alone else [f"^{number}^ {line}" for number, line in enumerate(lines, start=1)]
    shown = [f"{name}{'' if alone else marks}{orcid}" for name, marks, orcid in byline]
    return {"author": names, "byline": shown, "affiliation": [*numbered, *letters]}


def _listed(value: Json) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _affiliation(entry: Json, shared: Mapping[str, Any], place: str) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, dict) and "ref" in entry:
        if str(entry["ref"]) not in shared:
            raise DocumentError(f"{place}: no affiliation has this id, got {entry['ref']!r}")
        entry = shared[str(entry["ref"])]
    if not isinstance(entry, dict) or not set(entry) <= set(AFFILIATION) or "name" not in entry:
        raise DocumentError(f"{place}: an affiliation holds {', '.join(AFFILIATION)}, got {entry!r}")
    parts = (entry.get(key) for key in ("department", "name", "city", "region", "country"))
    return ", ".join(str(part) for part in parts if part)
