"""Digits as small pictures: ink on nothing, so that they take the page's paper."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape

from mnist_lab.report.answers import SIDE, Answers, Mistake

_A_ROW = 8
_TILE = 76


def png(mistake: Mistake) -> str:
    """An image as a ``data:`` address: black where there is ink, as transparent as there is none."""
    pixels = bytes.fromhex(mistake.pixels)
    inked = b"".join(
        b"\0" + b"".join(b"\0" + pixels[place : place + 1] for place in range(row, row + SIDE))
        for row in range(0, SIDE * SIDE, SIDE)
    )
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 4, 0, 0, 0)  # eight bits of grey and of opacity a pixel
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(*part) for part in ((b"IHDR", head), (b"IDAT", zlib.compress(inked, 9)), (b"IEND", b""))
    )
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def told(mistake: Mistake) -> str:
    """A mistake in words."""
    return f"image {mistake.image}: a {mistake.true} taken for a {mistake.said}, {100 * mistake.sure:.0f} % sure"


def sheet(answers: Answers) -> str:
    """All mistakes that are shown in one ``svg`` element."""
    rows = -(-len(answers.mistakes) // _A_ROW)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_A_ROW * _TILE} {rows * (_TILE + 12)}" role="img">'
        "<title>Mistakes</title>"
    ]
    for place, mistake in enumerate(answers.mistakes):
        x, y = place % _A_ROW * _TILE, place // _A_ROW * (_TILE + 12)
        parts.append(
            f'<g transform="translate({x} {y})"><title>{escape(told(mistake))}</title>'
            f'<image class="ink" x="10" y="4" width="56" height="56" href="{png(mistake)}"/>'
            f'<text x="38" y="76" text-anchor="middle" font-size="13" fill="currentColor">'
            f"{mistake.true} → {mistake.said}</text></g>"
        )
    return "\n".join((*parts, "</svg>"))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
