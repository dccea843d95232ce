"""A small project: two documents, a notebook executed for real, variables, an include and a bibliography."""
# ruff: noqa: E501 (front matter and tables as authors write them)

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from lib.press.render import render_site

TABLE = """#| label: tbl-scores
#| tbl-cap: "Scores of *three* machines, after @smith2020; compare @fig-dots."
import polars as pl
from great_tables import GT, html, loc, md, style

frame = pl.DataFrame({
    "group": ["Vision-language models", "Vision-language models", "Classifiers"],
    "condition": ["Gemini <b>2.5</b> & co", "LLaMA", "BEiT"],
    "rate": [0.9123, 0.5, None], "bias": [-0.12, 1.5, 2.0], "n": [1440, 1439, 1200],
})
(GT(frame, id="tbl-scores", rowname_col="condition", groupname_col="group")
 .tab_spanner("Happy κ × α", ["rate", "bias"])
 .cols_label(rate=html("HR<sup>a</sup>"), bias=md("*r*"), n="n")
 .tab_stubhead("Condition")
 .fmt_number("rate", decimals=3).fmt_number("bias", decimals=2).fmt_integer("n")
 .sub_missing(missing_text="–")
 .tab_style(style.text(weight="bold"), loc.body(columns="rate", rows=[0]))
 .tab_style(style.fill("#FFEECC"), loc.body(columns="bias", rows=[1]))
 .tab_source_note(html("<sup>a</sup> Hit rate of the 1,440 images."))
 .tab_source_note(md("*Note.* Simulated.")))
"""
WIDE = """#| label: tbl-wide
#| tbl-cap: "Fourteen columns."
wide = pl.DataFrame({"condition": [f"gemini-2.5-flash-{i}" for i in range(40)]}
                    | {f"angry{j}": [f"{i * j / 100:.3f}" for i in range(40)] for j in range(13)})
GT(wide, id="tbl-wide").tab_spanner("First", [f"angry{j}" for j in range(6)])
"""
FIGURE = """#| label: fig-dots
#| fig-cap: "Dots & lines."
#| fig-alt: "Two dots, the second <higher>."
import pandas as pd
from plotnine import aes, geom_point, ggplot

ggplot(pd.DataFrame({"x": [1, 2], "y": [1, 2]}), aes("x", "y")) + geom_point()
"""
MARKDOWN = """#| label: tbl-machines
#| tbl-cap: "Machines."
from IPython.display import Markdown

Markdown("This study has **no machines** yet.")
"""

QUARTO = """project:
  type: website
  output-dir: _output
  render: [index.qmd, manuscript/index.qmd, supplementary/index.qmd, "cache/notebooks/*.ipynb"]
website:
  title: "Small & site"
  page-footer: "Made by the press."
  navbar:
    left:
      - {text: Manuscript, href: manuscript/index.qmd}
      - {text: Supplement, href: supplementary/index.qmd}
      - text: Notebooks
        menu:
          - {text: Scores, href: cache/notebooks/scores.ipynb}
bibliography: manuscript/references.bib
format:
  html: {toc: true}
"""

FRONT = """---
title: "The front"
---

See the [manuscript](manuscript/index.qmd).
"""

MANUSCRIPT = """---
title: "Raters of {{< var study.n >}} faces"
subtitle: "A small study"
author:
  - name: Ada Lovelace
    orcid: 0000-0000-0000-0000
    affiliations: [{ref: a}]
  - name: Kim Min-su
    email: kim@example.org
    corresponding: true
    affiliations: [{ref: b}, {ref: a}]
affiliations:
  - {id: a, name: University of Analytics, city: London}
  - {id: b, name: Seoul Institute, country: Korea}
date: 2026-11-20
abstract: |
  We asked {{< var study.n >}} people. It was **good**.

  A second paragraph.
keywords: [emotion, bias]
number-sections: true
toc: true
format:
  html: default
  docx: default
  typst: {citeproc: true}
---

{{< include ../cache/includes/banner.md >}}

# Introduction {#sec-intro}

{{< var study.n >}}. people agree ({{< var study.alpha >}}); see @tbl-scores, [-@tbl-scores], [@fig-dots; @tbl-plain] and @sec-methods.
Faces are hard [@smith2020, p. 5; @doe2019]. @doe2019 said “so”, κ = .5, α, ρ, −1 × é.[^foot]

[^foot]: A footnote about *small* things & @tbl-wide.

{{< embed ../cache/notebooks/scores.ipynb#tbl-scores >}}

## Methods {#sec-methods}

The supplement has more ([Table S1](../supplementary/index.qmd#tbl-machines)), and [the code](../cache/notebooks/scores.ipynb).

1. First.
2. Second, see <https://example.org/path>.

- a bullet
- another

```text
Rate this face: 1 to 9 <b>.
```

{{< embed ../cache/notebooks/scores.ipynb#fig-dots >}}

| Letter | Count |
|--------|------:|
| a      | 12    |
| b      | 3     |

: A plain table. {#tbl-plain}

::: {.callout-note title="Mind"}
A note with $x^2$.
:::

{{< embed ../cache/notebooks/scores.ipynb#tbl-wide >}}

# References {.unnumbered}

::: {#refs}
:::
"""

SUPPLEMENT = """---
title: "Supplement"
number-sections: true
format:
  html: &floats
    crossref:
      tbl-title: Table S
      tbl-prefix: Table S
      fig-title: Figure S
      fig-prefix: Figure S
      custom:
        - {kind: float, key: tbl, reference-prefix: "Table S", caption-prefix: "Table S", space-before-numbering: false, caption-location: top}
        - {kind: float, key: fig, reference-prefix: "Figure S", caption-prefix: "Figure S", space-before-numbering: false}
  docx: *floats
  typst:
    citeproc: true
    include-in-header:
      - text: '#set figure(numbering: (..n) => "S" + numbering("1", ..n))'
      - text: '#show figure: set block(breakable: true)'
---

# More

@tbl-machines and @tbl-scores.

{{< embed ../cache/notebooks/scores.ipynb#tbl-machines >}}

{{< embed ../cache/notebooks/scores.ipynb#tbl-scores >}}

# Figures

{{< embed ../cache/notebooks/scores.ipynb#fig-dots >}}
"""

BIBLIOGRAPHY = """@article{smith2020, author={Smith, Jane and Müller, Karl}, title={Faces}, journal={Emotion}, year={2020}, volume={3}, pages={1--9}, doi={10.1037/emo0000001}}
@book{doe2019, author={Doe, John}, title={Raters}, publisher={Press}, year={2019}}
"""
BANNER = """::: {.callout-warning title="Simulated data"}
Every number here is **simulated**.
:::
"""
VARIABLES = 'study: {n: "1,000", alpha: "*α* = .471"}\n'


def notebook() -> nbformat.NotebookNode:
    """Return the notebook, not yet executed."""
    cells = [nbformat.v4.new_markdown_cell("# Scores\n\nWhat the <script>machines</script> *said*.")]
    cells += [nbformat.v4.new_code_cell(code.rstrip()) for code in (TABLE, WIDE, FIGURE, MARKDOWN)]
    cells.append(nbformat.v4.new_code_cell("print('plain & <text>')"))
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def write_project(root, executed):
    """Write the project's files."""
    files = {
        "_quarto.yml": QUARTO,
        "_variables.yml": VARIABLES,
        "index.qmd": FRONT,
        "manuscript/index.qmd": MANUSCRIPT,
        "manuscript/references.bib": BIBLIOGRAPHY,
        "supplementary/index.qmd": SUPPLEMENT,
        "cache/includes/banner.md": BANNER,
    }
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    (root / "cache/notebooks").mkdir(parents=True)
    nbformat.write(executed, root / "cache/notebooks/scores.ipynb")
    return root


@pytest.fixture(scope="session")
def executed():
    """Return the notebook executed by a real kernel."""
    made = notebook()
    NotebookClient(made, timeout=300).execute()
    return made


@pytest.fixture
def project(tmp_path, executed):
    """Return a fresh copy of the project."""
    return write_project(tmp_path / "project", executed)


@pytest.fixture(scope="session")
def site(tmp_path_factory, executed):
    """Return a project whose site is rendered, and its output folder."""
    root = write_project(tmp_path_factory.mktemp("site") / "project", executed)
    render_site(root)
    return root
