"""Images of digits as transparent PNGs, which show the background of their page."""

from __future__ import annotations

import base64
import io

from PIL import Image

from mnist_lab.formatting import percent
from mnist_lab.report.error_analysis import SIDE, Mistake


def png(mistake: Mistake) -> str:
    """A mistake's image as a ``data:`` URL of a PNG, black with the pixels as opacity."""
    ink = Image.frombytes("L", (SIDE, SIDE), bytes.fromhex(mistake.pixels))
    picture = Image.merge("LA", (Image.new("L", ink.size, "black"), ink))
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def label(mistake: Mistake) -> str:
    """A mistake as text."""
    probability = percent(mistake.probability, 0)
    return f"image {mistake.image}: true digit {mistake.true}, predicted {mistake.predicted} ({probability} %)"
