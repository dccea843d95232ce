"""The PDF: text that can be read back, fonts of its own, wide tables on their side."""

import base64

import pypdf
import pytest
import typst

import lib.press.pdf
from lib.errors import DocumentError
from lib.press.pdf import EAST_ASIAN_FONTS, breaking_before_points
from lib.press.render import render_document
from lib.press.tree import plain, stringify, text
from lib.press.verify import verify


@pytest.fixture(scope="module")
def reader(site):
    return pypdf.PdfReader(site / "_output/manuscript/index.pdf")


def png(executed):
    """The first picture of the notebook."""
    outputs = [output.data for cell in executed.cells for output in cell.get("outputs", []) if "data" in output]
    return base64.b64decode(next(data["image/png"] for data in outputs if "image/png" in data))


def words(reader):
    return " ".join("\n".join(page.extract_text() for page in reader.pages).replace("\u00a0", " ").split())


def test_title_block_and_metadata(reader):
    text = words(reader)
    assert text.startswith("Raters of 1,000 faces A small study Ada Lovelace")
    assert reader.metadata.title == "Raters of 1,000 faces"
    assert reader.metadata.author == "Ada Lovelace, Kim Min-su"
    assert reader.metadata.creation_date is None
    assert "Keywords: emotion, bias" in text


def test_letters_are_drawn(reader):
    assert "κ = .5, α, ρ, −1 × é." in words(reader)


def test_fonts_are_the_press_s_own(reader):
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all(name.startswith(("Libertinus", "LibertinusSerif", "DejaVu", "NewCM")) for name in fonts), fonts


def test_wide_tables_stand_on_their_side_with_their_header_repeated(reader):
    turned = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert len(turned) == 2
    assert all("angry12" in page.extract_text() for page in turned)
    assert all(page.extract_text().count("condition") == 1 for page in turned)


def test_pages_are_numbered(reader):
    assert [page.extract_text().strip().splitlines()[-1] for page in reader.pages] == [
        str(number) for number in range(1, len(reader.pages) + 1)
    ]


def test_bookmarks_follow_the_sections(reader):
    titles = [entry["/Title"] for entry in reader.outline if not isinstance(entry, list)]
    assert titles == ["1 Introduction", "References"]


def test_letters_without_a_font_are_refused(project, monkeypatch):
    source = project / "index.qmd"
    source.write_text("---\ntitle: T\nformat: {typst: default}\n---\n\nName: 한국\n", "utf-8")
    monkeypatch.setattr(lib.press.pdf, "EAST_ASIAN_FONTS", lib.press.pdf.re.compile("no such font"))
    with pytest.raises(DocumentError, match=r"index\.qmd:6: no font of this machine draws this letter.*'한'"):
        render_document(source, [], project, project / "out")


def test_korean_is_drawn_where_a_font_is_there(project):
    if not any(EAST_ASIAN_FONTS.search(family) for family in typst.Fonts().families()):
        pytest.skip("no East Asian font on this machine")
    source = project / "index.qmd"
    source.write_text("---\ntitle: T\nformat: {typst: default}\n---\n\nName: 한국\n", "utf-8")
    (path,) = render_document(source, [], project, project / "out")
    page = pypdf.PdfReader(path).pages[0]
    assert "한국" in page.extract_text()
    assert any("CJK" in str(font.get_object()["/BaseFont"]) for font in page["/Resources"]["/Font"].values())


def test_lists_of_numbers_without_a_leading_zero_stay_within_their_column(project):
    numbers = " ".join([".726,"] * 12)
    source = project / "manuscript/index.qmd"
    rows = f"| a | b |\n|---|---|\n| {'long text ' * 30} at {numbers} | {'other text ' * 60} |\n\n: Text {{#tbl-own}}\n"
    source.write_text(f"---\ntitle: T\nformat: {{typst: default}}\n---\n\nSee @tbl-own.\n\n{rows}", "utf-8")
    (path,) = render_document(source, [], project, project / "out")
    lines = pypdf.PdfReader(path).pages[0].extract_text().splitlines()
    assert max(line.count(".726") for line in lines) < 12
    cell = plain(text("at .726, .613"))
    assert stringify(breaking_before_points(cell)).replace("\u200b", "") == "at .726, .613"


def test_nothing_stands_in_the_middle_of_a_long_table(project, executed):
    (project / "manuscript/dots.png").write_bytes(png(executed))
    picture = '![{}](dots.png){{#fig-{} fig-alt="Two dots" width=6in}}\n\n'
    table = "| a | b |\n|---|---|\n" + "".join(f"| row {row} | x |\n" for row in range(60)) + "\n: Long {#tbl-long}\n\n"
    before = "See @fig-one, @fig-two, @tbl-long and @fig-three.\n\n" + ("A long text. " * 40 + "\n\n") * 6
    after = ("A long text. " * 40 + "\n\n") * 8
    pictures = [picture.format(name.title(), name) for name in ("one", "two", "three")]
    body = before + "".join(pictures[:2]) + table + pictures[2] + after
    source = project / "manuscript/index.qmd"
    source.write_text(f"---\ntitle: T\nformat: {{typst: default}}\n---\n\n{body}", "utf-8")
    (path,) = render_document(source, [], project, project / "out")
    text = words(pypdf.PdfReader(path))
    places = [text.index(part) for part in ("Figure 1: One", "Figure 2: Two", "Table 1: Long", "row 59")]
    assert places == sorted(places)
    assert "Figure" not in text[places[2] : places[3]]
    assert "Figure 3: Three" in text[places[3] :]


def test_a_picture_of_the_source_and_a_table_of_text(project, executed):
    (project / "manuscript/dots.png").write_bytes(png(executed))
    text = (
        '![Dots](dots.png){#fig-own fig-alt="Two dots"}\n\n| a | b |\n|---|---|\n| x | ' + "long text " * 40 + "|\n\n"
    )
    source = project / "manuscript/index.qmd"
    head = "---\ntitle: T\nformat: {html: default, docx: default, typst: {toc: true, toc-depth: 1}}\n---\n\n"
    source.write_text(f"{head}{text}: Text {{#tbl-own}}\n\n# Section\n\nSee @fig-own and @tbl-own.\n", "utf-8")
    paths = render_document(source, [], project, project / "out")
    assert verify(paths) == []
    assert "Contents Section" in words(pypdf.PdfReader(paths[2]))
