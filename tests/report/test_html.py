"""The page as the template writes it: every block, and nothing in a text that is taken for markup."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from typing import get_args

import pytest
from jinja2 import UndefinedError
from PIL import Image

from mnist_lab.report import blocks, html, pictures, templates
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.assumptions import ASSUMPTIONS
from mnist_lab.report.error_analysis import Mistake
from mnist_lab.report.ledger import judge
from tests.report.test_archive import ANALYSIS
from tests.report.trained import trained

HOSTILE = "<script>alert('1 & 2')</script>\" onload=\"x"
MAX_MISTAKES = "&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt;&#34; onload=&#34;x"

ONE_OF_EACH: tuple[blocks.Block, ...] = (
    blocks.Heading(1, HOSTILE, "top"),
    blocks.Heading(2, HOSTILE, "part"),
    blocks.Paragraph(HOSTILE),
    blocks.Paragraph(HOSTILE, caution=True),
    blocks.BulletList(((HOSTILE, replace(CLAIMS[0], conclusion=HOSTILE), "."),)),
    blocks.Tally((("holds", 3), ("too close to call", 2), ("contradicted", 0))),
    blocks.Assumptions((replace(ASSUMPTIONS[0], unspecified=HOSTILE, chosen=HOSTILE, why=HOSTILE),)),
    blocks.Ledger(
        tuple(
            replace(one, sentence=HOSTILE, claim=replace(one.claim, quote=HOSTILE, note=HOSTILE, reading=HOSTILE))
            for one in judge(CLAIMS[:2], trained(3))
        )
    ),
    blocks.TableBlock(HOSTILE, ("", HOSTILE), ((HOSTILE, HOSTILE),), note=HOSTILE),
    blocks.Charts((blocks.SvgChart("width", "t", "d", '<svg id="a"><use href="#a"/></svg>'),), HOSTILE),
    blocks.Confusion(ANALYSIS, HOSTILE),
    blocks.Mistakes(ANALYSIS, HOSTILE),
    blocks.Code(HOSTILE),
)


def test_no_text_is_taken_for_markup() -> None:
    assert {type(block) for block in ONE_OF_EACH} == set(get_args(blocks.Block))
    page = html.page(ONE_OF_EACH)
    assert "<script" not in page
    assert not re.search(r'\sonload="', page)
    assert page.count(MAX_MISTAKES) == 30


def test_a_picture_keeps_its_references_apart_from_those_of_the_others() -> None:
    assert '<svg id="width-a"><use href="#width-a"/></svg>' in html.page(ONE_OF_EACH)


def test_a_number_stays_with_its_percent_sign() -> None:
    page = html.page((blocks.Heading(1, "97.64 %, 5 % of it", "top"),))
    assert page.count("97.64\u00a0%, 5\u00a0% of it") == 2


def test_a_verdict_that_no_claim_has_is_left_out() -> None:
    page = html.page(ONE_OF_EACH)
    assert '<li class="too-close-to-call" style="flex-grow: 2"><b>2</b> too close to call</li>' in page
    assert '<li class="contradicted"' not in page


def test_confusions_are_coloured_by_their_share_of_the_most_frequent_one() -> None:
    counts = [list(row) for row in ANALYSIS.counts]
    counts[3][5], counts[5][3] = 40, 0
    page = html.page((ONE_OF_EACH[0], blocks.Confusion(ANALYSIS.model_copy(update={"counts": counts}), "c")))
    shares = re.findall(r'<td style="--share: (\d+)%">([^<]+)</td>', page)
    assert len(shares) == 90
    assert set(shares) == {("2", "1"), ("100", "40"), ("0", "·")}
    assert page.count('<td class="right">9</td>') == 10


def test_without_any_mistake_all_shares_are_zero() -> None:
    counts = [[9 * (true == predicted) for predicted in range(10)] for true in range(10)]
    page = html.page((ONE_OF_EACH[0], blocks.Confusion(ANALYSIS.model_copy(update={"counts": counts}), "c")))
    assert page.count('<td style="--share: 0%">·</td>') == 90


def test_what_a_template_names_has_to_be_given() -> None:
    with pytest.raises(UndefinedError):
        templates.render("page.html.j2", title="t", contents=(), blocks=(("no such block", None),))


def test_a_digit_is_black_ink_on_nothing() -> None:
    pixels = bytes(range(256)) * 3 + bytes(16)
    address = pictures.png(Mistake(image=0, true=1, predicted=7, probability=0.5, pixels=pixels.hex()))
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    picture = Image.open(io.BytesIO(base64.b64decode(content)))
    assert (picture.size, picture.mode) == ((28, 28), "LA")
    grey, opacity = picture.split()
    assert grey.tobytes() == bytes(784)
    assert opacity.tobytes() == pixels
