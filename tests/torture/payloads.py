"""Text that a terminal, a spreadsheet, a browser or a reader of Markdown would obey, and whether it was."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser

from tests.factories import is_harmless

PAYLOADS = (
    "\x1b[31mPWN\x1b[2J\x1b[1;1H",
    "\x1b]8;;https://evil.example\x1b\\PWN\x1b]8;;\x1b\\",
    "\x1b]52;c;UFdO\x07PWN",
    "\x1b]0;PWN\x1b\\\x1bP+q544e\x1b\\\x1bc",
    "\x9b31mPWN\x9d52;c;UFdO\x9c\x85",
    "\u202ePWN\u2066\u200f\u061c",
    "P\x00W\x07N\x08\x7f\r\x0b\x0c",
    "PWN\ud800\udcff",
    "one\nmnist-lab: PWN\ntwo",
    "[link=https://evil.example]PWN[/link][blink]PWN[/blink]",
    "[/]PWN[/bold]",
    "[@click=app.exit]PWN[/] :smile: $error",
    "<script>PWN</script><img src=x onerror=PWN><a href='https://evil.example'>PWN</a>",
    '"><svg onload=PWN>&lt;script&gt;PWN',
    "{{ PWN }}{% PWN %}",
    "[PWN](https://evil.example) ![PWN](https://evil.example/x.png) ![PWN][1]",
    "`PWN` **PWN** ~~PWN~~ <https://evil.example> | PWN |",
    "=PWN()",
    "+PWN",
    "-PWN",
    "@PWN",
    "\t=PWN()",
    "＝PWN()",
    "\U0001f9ea\u200dPWN漢",
)

_SGR = re.compile(r"\x1b\[(\d+(?:;\d+)*)?m")
_IN_MARKDOWN = re.compile(r"(?<!\\)(?:\[PWN|`PWN|\*\*PWN|~~PWN)|<script|<img|<https|<a href='")
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")


def obeyed_by_a_terminal(text: str) -> str:
    """What a terminal would obey besides colours and emphasis; empty where there is nothing."""
    for found in _SGR.finditer(text):
        if {"5", "6", "8"} & set((found[1] or "").split(";")[:1]):
            return f"blinking or hidden: {found[0]!r}"
    plain = _SGR.sub("", text)
    if is_harmless(plain):
        return ""
    at = next(index for index, char in enumerate(plain) if not is_harmless(char))
    return repr(plain[max(0, at - 40) : at + 40])


def obeyed_by_a_spreadsheet(text: str) -> str:
    """A cell of comma-separated values that is a formula and no number; empty where there is none."""
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            if _FORMULA.match(cell) and not _is_number(cell):
                return repr(cell)
    return ""


def obeyed_in_markdown(text: str) -> str:
    """Markdown that makes a link, an image, code or HTML of a payload; empty where there is none."""
    found = _IN_MARKDOWN.search(text)
    return "" if found is None else repr(text[max(0, found.start() - 40) : found.end() + 40])


def obeyed_by_a_browser(text: str) -> str:
    """A tag or attribute that a payload has made; empty where there is none."""
    parser = _Tags()
    parser.feed(text)
    return parser.made


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.made = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or "evil.example" in (value or "") or (name == "src" and value == "x"):
                self.made = f"<{tag} {name}={value}>"
        if tag == "script":
            self.made = f"<{tag}>"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
