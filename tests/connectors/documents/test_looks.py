"""Pages look as they did when somebody last looked at them (`golden.py`)."""

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from connectors.documents.render import Renderer
from tests.connectors.documents.golden import GOLDEN, looks_of, place_of
from tests.connectors.documents.papers import every_paper
from tests.connectors.documents.test_rendering import render

PAPERS = list(every_paper())
USUAL = 4.0
"""Levels of grey by which blocks differ on the average: another version of a reader draws edges a little otherwise."""
LARGE = 70
MOST_LARGE = 0.02


@pytest.fixture(scope="module")
def renderer(fonts_dir: Path) -> Renderer:
    return Renderer(fonts_dir=fonts_dir)


@pytest.mark.parametrize("position", range(len(PAPERS)), ids=[template for template, _ in PAPERS])
def test_a_page_looks_as_it_did(renderer: Renderer, position: int) -> None:
    with Image.open(GOLDEN) as picture:
        golden = picture.convert("L").crop(place_of(position))
    seen = looks_of(render(renderer, PAPERS[position][1]))
    difference = ImageChops.difference(golden, seen)
    assert ImageStat.Stat(difference).mean[0] < USUAL
    histogram = difference.histogram()
    assert sum(histogram[LARGE:]) < MOST_LARGE * sum(histogram)


def test_a_missing_line_is_seen(renderer: Renderer) -> None:
    """The tolerance does not hide what the picture is for."""
    position = next(place for place, (template, _) in enumerate(PAPERS) if template == "person")
    with Image.open(GOLDEN) as picture:
        golden = picture.convert("L").crop(place_of(position))
    blank = Image.new("L", golden.size, 255)
    assert ImageStat.Stat(ImageChops.difference(golden, blank)).mean[0] > 2 * USUAL
