"""The subset of Quarto that the press understands, as data: what is not listed here is refused."""

from __future__ import annotations

FORMATS = {"html": ".html", "docx": ".docx", "typst": ".pdf"}
"""Quarto's name of each format and the suffix of the file that it makes."""

SHORTCODES = ("embed", "include", "var")
"""The shortcodes, each without options."""

DIVS = ("callout-note", "callout-warning")
"""Classes of fenced divs; besides these only `::: {#refs}` is understood."""

SPANS = ("smallcaps", "underline")
"""Classes of bracketed spans."""

REFERENCES = {"tbl": "Table", "fig": "Figure", "sec": "Section"}
"""Kinds of labels that can be referred to, and the word that stands before the number."""

FRONT_MATTER = (
    "title",
    "subtitle",
    "author",
    "affiliations",
    "date",
    "abstract",
    "keywords",
    "description",
    "lang",
    "bibliography",
    "link-citations",
    "number-sections",
    "toc",
    "toc-depth",
    "crossref",
    "format",
)
"""Keys of a document's front matter."""

AUTHOR = ("name", "orcid", "email", "corresponding", "affiliations")
"""Keys of one author."""

AFFILIATION = ("id", "ref", "name", "department", "city", "region", "country")
"""Keys of one affiliation."""

CROSSREF = ("kind", "key", "reference-prefix", "caption-prefix", "space-before-numbering", "caption-location")
"""Keys of one entry of `crossref: custom:`; kind is `float`, key is `tbl` or `fig`."""

CROSSREF_TITLES = ("tbl-title", "tbl-prefix", "fig-title", "fig-prefix")
"""Keys of `crossref` beside `custom`: Quarto needs them too, with the same prefixes, to write Table S1."""

FORMAT_OPTIONS = {
    "html": ("toc", "toc-depth", "crossref"),
    "docx": ("toc", "toc-depth", "crossref"),
    "typst": ("toc", "toc-depth", "citeproc", "include-in-header"),
}
"""Options under `format: <format>:` that the press obeys (`citeproc` is always on)."""

QUARTO_ONLY = {
    "html": (
        "theme",
        "css",
        "page-layout",
        "embed-resources",
        "html-math-method",
        "format-links",
        "notebook-links",
        "notebook-view",
    ),
    "docx": ("reference-doc",),
    "typst": ("papersize", "margin", "mainfont", "fontsize", "section-numbering", "keep-typ"),
}
"""Options of looks that the press reads without effect: it has its own page, paper and Word styles."""

TYPST_HEADERS = (
    '#set figure(numbering: (..n) => "S" + numbering("1", ..n))',
    "#set table.footer(repeat: false)",
    "#show figure: set block(breakable: true)",
    "#show figure: it => layout(size => if measure(width: size.width, it).height < 20cm "
    "{ block(breakable: false, it) } else { it })",
    "#show image: it => layout(size => { let w = measure(it).width; "
    "if w > size.width { scale(size.width / w * 100%, reflow: true, it) } else { it } })",
)
"""The `include-in-header` texts for typst that are understood: Quarto's ways to Table S1, to tables longer than a page
and to pictures wider than the text. The press does all of this by itself."""

PROJECT = {
    "": ("project", "website", "bibliography", "lang", "number-sections", "toc", "toc-depth", "format", "execute"),
    "project": ("type", "output-dir", "render", "pre-render", "resources"),
    "website": ("title", "description", "navbar", "page-footer", "search"),
    "navbar": ("left", "search", "title", "background"),
    "execute": ("enabled",),
}
"""Keys of `_quarto.yml` by section."""

CELL_OPTIONS = ("label", "tbl-cap", "fig-cap", "fig-alt", "echo", "output", "warning", "message")
"""Cell options (`#| key: value`) that an embedded cell may carry."""

CELL_OUTPUTS = ("great_tables GT", "PNG image", "markdown")
"""What an embedded cell may show, exactly one of them."""
