"""The press: a small stand-in for Quarto, which renders the project's own sources to html, Word and PDF.

It reads what Quarto reads (`_quarto.yml`, .qmd files, executed notebooks, `_variables.yml`) and writes what Quarto
writes, with pandoc and typst from the package index alone. It knows a subset, stated here and in `lib.press.subset`;
anything else is refused with file and line (`lib.errors.DocumentError`), so that a page never silently differs from
Quarto's.

The subset
----------
formats
    `html`, `docx`, `typst`: those under `format:` in the document's front matter; options of each: html `toc`,
    `toc-depth`, `crossref`; docx `toc`, `toc-depth`, `crossref`; typst `toc`, `toc-depth`, `citeproc`,
    `include-in-header` (only the lines that number the supplement's floats S1, S2 and let figures break). Read without
    effect: html `theme`, `css`, `page-layout`, `embed-resources`, `html-math-method`, `format-links`,
    `notebook-links`, `notebook-view`; docx `reference-doc`; typst `papersize`, `margin`, `mainfont`, `fontsize`,
    `section-numbering`, `keep-typ`.
front matter
    `title` (required), `subtitle`, `author`, `affiliations`, `date`, `abstract`, `keywords`, `description`, `lang`,
    `bibliography`, `link-citations`, `number-sections`, `toc`, `toc-depth`, `crossref`, `format`. An author has
    `name`, `orcid`, `email`, `corresponding`, `affiliations`; an affiliation `id`, `ref`, `name`, `department`,
    `city`, `region`, `country`. `crossref: custom:` entries have `kind`, `key`, `reference-prefix`, `caption-prefix`,
    `space-before-numbering`, `caption-location`; beside them `tbl-title`, `tbl-prefix`, `fig-title`, `fig-prefix` with
    the same prefix, which Quarto needs. The date is fixed, never `today`.
shortcodes
    `{{< embed NOTEBOOK.ipynb#LABEL >}}` and `{{< include FILE >}}` on lines of their own, paths relative to the file;
    `{{< var a.b >}}` in text, captions and the title block, not in code, link targets or automatic heading
    identifiers. Included files include nothing further.
embedded cells
    Executed, labelled `tbl-…` or `fig-…`, showing one thing: great_tables GT, PNG image or markdown. Cell options
    `label`, `tbl-cap`, `fig-cap`, `fig-alt` (required for images), `echo`, `output`, `warning`, `message`. No
    printing.
text
    Pandoc's markdown: headings, lists, pipe tables (with `: Caption {#tbl-…}` when they have one), block quotes,
    footnotes, code to read, inline formulas, links. Pictures as paragraphs of their own: `![Caption](file.png){#fig-…
    fig-alt="…"}`. Fenced divs: `callout-note`, `callout-warning` (titled by `title="…"` or by a heading at their
    start) and `::: {#refs}`. Bracketed spans: `smallcaps`, `underline`. Heading class: `unnumbered`. Comments are
    dropped. Not: raw html or TeX, executable cells, displayed formulas, definition lists, pictures inside a line.
labels and citations
    `@tbl-…`, `@fig-…`, `@sec-…` (sections with `number-sections: true`, no gaps between the levels of headings), also
    in brackets, several at once, or `[-@tbl-…]` for the number alone (not with a prefix such as `Table S`); never
    beside a citation. Citations `@key`, `[@key, p. 3]` by citeproc in pandoc's own style, Chicago author-date.
links
    To the web, to `#identifiers`, to .qmd and .ipynb files of the project, which lead to their rendering, and to files
    that are in the site's folder already, such as another study's pages.
_quarto.yml
    `project`: `type`, `output-dir`, `render`, `pre-render` (run by Quarto; the build does the same work itself),
    `resources` (for Quarto's own links); `website`: `title`, `description`, `navbar` (`left`, `search`, `title`,
    `background`), `page-footer`, `search`; and at the top `bibliography`, `lang`, `number-sections`, `toc`,
    `toc-depth`, `format`, `execute` (`enabled`: false).
"""
