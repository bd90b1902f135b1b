"""Renders the job summaries that check.sh made as GitHub does: summaries.py DIRECTORY"""
import sys
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

# Of ours, and with no attribute but a cell's alignment.
TAGS = "h3 p table thead tbody tr th td strong details summary pre".split()


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text, self.open = [], "", []

    def handle_starttag(self, tag, attributes):
        assert tag in TAGS, f"<{tag} {attributes}>"
        assert not [name for name, _ in attributes if name != "align"], attributes
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}>"

    def handle_data(self, data):
        self.text += data


count = 0
for path in sorted(Path(sys.argv[1]).glob("*.md")):
    count += 1
    # Raw HTML passes, as ours has to; GitHub takes scripts and handlers out after that.
    html = cmarkgfm.github_flavored_markdown_to_html(path.read_text(), Options.CMARK_OPT_UNSAFE)
    page = Page()
    page.feed(html)
    assert not page.open, f"{path}: not closed: {page.open}"
    assert page.tags.count("table") == 1 and page.tags.count("td") % 7 == 0, f"{path}: {page.tags}"
    if path.name.startswith("hostile"):
        for part in ["<script>alert(1)</script>", "</pre></details><img src=x", "\\u{23}#[group]forged"]:
            assert part in page.text, part
assert count == 8, f"{count} summaries"
print(f"cmark-gfm finds no markup of a node in {count} job summaries")
