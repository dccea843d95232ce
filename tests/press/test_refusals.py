"""Everything outside the subset is refused with file and line, and nothing is written then."""

import json
import re

import pytest

from lib.errors import DocumentError
from lib.press.render import render_document

BODY = "See @tbl-scores.\n\n{{< embed ../cache/notebooks/scores.ipynb#tbl-scores >}}\n"
HEAD = "---\ntitle: T\nnumber-sections: true\nbibliography: references.bib\n---\n\n"
LINE = HEAD.count("\n") + 1


def refused(project, text, head=HEAD):
    """Return the message with which a document is refused."""
    source = project / "manuscript/index.qmd"
    source.write_text(head + text, "utf-8")
    with pytest.raises(DocumentError) as error:
        render_document(source, ["html", "docx", "typst"], project, project / "_output")
    assert not (project / "_output").exists()
    return str(error.value)


CASES = {
    "unknown shortcode": ("{{< video x.mp4 >}}", "unknown shortcode, got '{{< video x.mp4 >}}'"),
    "meta shortcode": ("Text {{< meta title >}}.", "unknown shortcode"),
    "unclosed shortcode": ("A {{< var study.n", "not closed"),
    "unresolved variable": ("{{< var study.m >}}", "no such variable in _variables.yml, got 'study.m' (at 'm')"),
    "misspelt variable": ("{{< var studdy.n >}}", "did you mean 'study'?"),
    "group of variables": ("{{< var study >}}", "one text or number"),
    "variable in code": ("`{{< var study.n >}}`", "text only, not in code"),
    "variable in a link": ("[x](https://a.org/{{< var study.n >}})", "a link's target"),
    "variable in a heading": ("# All {{< var study.n >}}", "automatic identifier"),
    "embed in a line": ("x {{< embed ../cache/notebooks/scores.ipynb#tbl-wide >}}", "line of its own"),
    "missing notebook": ("{{< embed ../cache/none.ipynb#tbl-x >}}", "no such notebook"),
    "missing label": ("{{< embed ../cache/notebooks/scores.ipynb#tbl-score >}}", "did you mean 'tbl-scores'?"),
    "embed without label": ("{{< embed ../cache/notebooks/scores.ipynb >}}", "#tbl-"),
    "missing include": ("{{< include none.md >}}", "no such file"),
    "executable cell": ("```{python}\n1\n```", "an executable cell, got '```{python}'"),
    "code in text": ("`{python} 1 + 1`", "would be executed"),
    "shortcode in code": ("```text\n{{< var study.n >}}\n```", "shortcodes inside code"),
    "open code": ("```text\nx", "fence is not closed"),
    "unknown div": ("::: {.column-margin}\nx\n:::", "unknown class of a div, got 'column-margin'"),
    "div without class": ("::: {#here}\nx\n:::", "one class and no identifier"),
    "unknown span": ("[x]{.red}", "unknown class of a span, got 'red'"),
    "heading class": ("# X {.appendix}", "unknown class of a heading"),
    "unresolved table": ("see @tbl-none", "a reference does not resolve, got '@tbl-none'"),
    "unresolved section": ("see @sec-none", "does not resolve"),
    "equation reference": ("see @eq-one", "only tbl, fig, sec can be referred to"),
    "reference with prefix": ("[see @tbl-scores]\n\n" + BODY, "a reference stands alone"),
    "reference beside citation": ("@tbl-scores [@smith2020]\n\n" + BODY, "a reference stands alone"),
    "unknown citation": ("as @jones1999 said", "no such key in the bibliography, got 'jones1999'"),
    "raw html": ("a <b>bold</b> word", "raw html is not understood, got '<b>'"),
    "raw html block": ("<div>\nx\n</div>", "raw html"),
    "raw attribute": ("`x`{=html}", "raw html"),
    "raw tex": ("\\newpage", "raw tex"),
    "displayed formula": ("$$x^2$$", "displayed formulas"),
    "definition list": ("word\n:   meaning", "definition lists"),
    "inline picture": ("text ![a](b.png) text", "a paragraph of its own"),
    "picture without label": ("![a](b.png)", "#fig-"),
    "missing picture": ('![a](b.png){#fig-b fig-alt="b"}', "a file that is there|that is there"),
    "table without label": ("| a |\n|---|\n| 1 |\n\n: Caption\n", "needs a label"),
    "link nowhere": ("[x](#nothing)", "a link leads nowhere"),
    "link to a missing page": ("[x](none.qmd)", "must lead to a .qmd or .ipynb"),
    "link to a page that is not in the site": ("[x](../studies/none/index.html)", "or to a file that is in the site"),
    "link to a missing label": ("[x](../supplementary/index.qmd#tbl-none)", "has no such label, got 'tbl-none'"),
    "skipped heading level": ("# First\n\n### Third", "skips a level"),
    "duplicate heading": ("# A {#sec-a}\n\n# B {#sec-a}", "Duplicate identifier 'sec-a'"),
    "open comment": ("a <!-- b", "not closed"),
}


@pytest.mark.parametrize("case", CASES)
def test_refuses(project, case):
    text, expected = CASES[case]
    message = refused(project, text)
    assert any(part in message for part in expected.split("|")), message
    line = LINE + {"shortcode in code": 1, "skipped heading level": 2, "table without label": 4}.get(case, 0)
    assert re.match(rf"\S*index\.qmd:{line}: ", message), message


def test_a_link_leads_to_another_study_s_page_that_is_in_the_site(project):
    page = project / "_output/studies/other/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>x</p>", "utf-8")
    source = project / "manuscript/index.qmd"
    source.write_text(source.read_text("utf-8") + "\n\n[x](../studies/other/index.html)\n", "utf-8")
    render_document(source, ["html"], project, project / "_output")
    assert 'href="../studies/other/index.html"' in (project / "_output/manuscript/index.html").read_text("utf-8")


def test_refuses_a_label_embedded_twice(project):
    assert "used twice, got 'tbl-scores'" in refused(project, BODY + "\n" + BODY.splitlines()[2])


def test_names_file_and_line_of_an_include(project):
    (project / "manuscript/part.md").write_text("Fine.\n\nBut {{< var none >}}.\n", "utf-8")
    assert re.match(r"\S*part\.md:3: ", refused(project, "{{< include part.md >}}"))


def test_refuses_an_include_in_an_include(project):
    (project / "manuscript/part.md").write_text("{{< include other.md >}}\n", "utf-8")
    assert "cannot include another" in refused(project, "{{< include part.md >}}")


def test_refuses_a_bare_number_where_formats_would_differ(project):
    source = project / "supplementary/index.qmd"
    source.write_text(source.read_text("utf-8").replace("and @tbl-scores", "and [-@tbl-scores]"), "utf-8")
    with pytest.raises(DocumentError, match=r"index\.qmd:24: Quarto's formats disagree on the bare number"):
        render_document(source, [], project, project / "_output")


@pytest.mark.parametrize("value", ["<script>x</script>", "one\\n\\ntwo", "# Title"])
def test_refuses_a_variable_that_is_more_than_a_line_of_text(project, value):
    (project / "_variables.yml").write_text(f'v: "{value}"\n', "utf-8")
    message = refused(project, "A {{< var v >}} b.")
    assert "raw html" in message or f"index.qmd:{LINE}: a variable must be one line of text" in message


HEADS = {
    "titel: T\n": "unknown front-matter key, got 'titel': did you mean 'title'?",
    "title: T\nformat: {pdf: default}\n": "unknown format, got 'pdf'",
    "title: T\nformat: {html: {code-fold: true}}\n": "unknown option of format html, got 'code-fold'",
    "title: T\nformat: {typst: {include-in-header: [{text: '#set page()'}]}}\n": "the only header text",
    "title: T\nbibliography: none.bib\n": "no such bibliography",
    "title: T\nauthor: [{nom: A}]\n": "an author holds",
    "title: T\nauthor: [{name: A, affiliations: [{ref: z}]}]\n": "no affiliation has this id, got 'z'",
    "title: T\ndate: today\n": "a fixed date",
    "title: T\ncrossref: {fig-title: Abb.}\n": "crossref may only hold",
    "title: T\ncrossref: {tbl-title: Tab., custom: [{kind: float, key: tbl, reference-prefix: T, caption-prefix: T, "
    "space-before-numbering: false}]}\n": "two prefixes for tbl, got 'T' and 'Tab.'",
    "title: '{{< var none >}}'\n": "no such variable",
    "subtitle: S\n": "a title is missing",
    "title: [\n": "not YAML",
}


@pytest.mark.parametrize("head", HEADS)
def test_refuses_front_matter(project, head):
    message = refused(project, "Text.\n", f"---\n{head}---\n")
    assert HEADS[head] in message
    assert re.match(r"\S*index\.qmd:[1-3]: ", message)


def changed_notebook(project, change):
    """Change the first table's cell in the stored notebook."""
    path = project / "cache/notebooks/scores.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    change(notebook["cells"][1])
    path.write_text(json.dumps(notebook), "utf-8")


def stream(cell):
    cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": "printed"})


def failure(cell):
    cell["outputs"] = [{"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": []}]


def script(cell):
    cell["outputs"][0]["data"]["text/html"] = "<table class='gt_table'><script>alert(1)</script></table>"


def no_caption(cell):
    cell["source"] = "#| label: tbl-scores\n1"


def unknown_option(cell):
    cell["source"] = "#| label: tbl-scores\n#| tbl-cap: x\n#| fig-width: 7\n1"


def emptied(cell):
    cell["outputs"] = []


def plain(cell):
    cell["outputs"][0]["data"] = {"text/plain": "1"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (stream, "prints text, got 'printed'"),
        (failure, "failed, got ValueError: bad"),
        (script, "would run code or load something"),
        (no_caption, "a caption is missing"),
        (unknown_option, "unknown cell option, got 'fig-width'"),
        (emptied, "was it executed?"),
        (plain, "must show one of great_tables GT, PNG image, markdown, got ['text/plain']"),
    ],
)
def test_refuses_cells(project, change, expected):
    changed_notebook(project, change)
    message = refused(project, BODY)
    assert expected in message
    assert re.match(rf"\S*index\.qmd:{LINE + 2}: \S*scores\.ipynb, cell 1 \(tbl-scores\)", message)
