"""A table's cells as a reader sees them: text, without markup."""

from __future__ import annotations

import re
from html import unescape

from great_tables import GT


def table_rows(table: GT) -> list[list[str]]:
    """The body of a table, row by row; the head of a group is a row of one cell."""
    html = table.as_raw_html()
    body = html[html.index("<tbody") : html.index("</tbody>")]
    return [
        [
            unescape(re.sub(r"<[^>]+>", " ", cell)).strip()
            for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)
    ]


def table_header(table: GT) -> list[str]:
    """The headings of a table's columns."""
    labels = re.findall(r'<th class="gt_col_heading[^>]*>(.*?)</th>', table.as_raw_html(), re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", label)).strip() for label in labels]
