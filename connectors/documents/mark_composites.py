"""Gives Thai vowel-and-tone pairs one glyph each, so that text copied out of a PDF is the text that was put in.

Why: the PDF writer puts every glyph that is moved up or down in a text run of its own and repeats the whole syllable as
that run's `/ActualText`, so that "ทั้งสิ้น" is copied, searched and read aloud as "ทั้ทั้งสิ้สิ้น" (krilla#411, #425).
A pair drawn as one glyph has nothing left to move. It looks the same: the composite places the two old glyphs where
shaping had placed them (facts/secured-pdf, section 2).
"""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import uharfbuzz
from fontTools.otlLib.builder import buildLigatureSubstSubtable, buildLookup
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent

CONSONANTS = tuple(chr(code) for code in range(0x0E01, 0x0E2F))
VOWELS = "ัิีึืํ็ฺุู"
TONES = "่้๊๋์ํ๎"
HINTING_TABLES = ("fpgm", "prep", "cvt ", "DSIG", "gasp")  # a PDF needs no hints, and composites would invalidate them
ARGS_ARE_XY_VALUES_ROUNDED = 0x0006  # glyf component flags: the two arguments are offsets, rounded to the grid
GDEF_MARK_CLASS = 3
MARK_TO_BASE = 4  # GPOS lookup type
SLIP = 2  # font units (of 1000 to the em)
LOOKS_LIKE_A_SPACE = 90  # font units; readers take a gap of a tenth of an em for a space between words


class MarkPair(NamedTuple):
    """Glyph names of a vowel and of the tone above or below it."""

    vowel: str
    tone: str


class Offset(NamedTuple):
    """Where the tone stands relative to the vowel, in font units."""

    x: int
    y: int


def compose_marks(source: Path, target: Path) -> None:
    """Write `source` (TrueType with GSUB `ccmp` and GPOS marks) to `target` with one glyph per vowel-and-tone pair."""
    with TTFont(source, recalcTimestamp=False) as font:
        _level_anchors(font)
        _drop_hinting(font)
        offsets = _moved_pairs(font)
        composites = {pair: f"{pair.vowel}_{pair.tone}".replace(".", "_") for pair in offsets}
        _add_glyphs(font, offsets, composites)
        _substitute_pairs(font, composites)
        _attach_like_vowels(font, composites)
        font.save(target)


def _level_anchors(font: TTFont) -> None:
    """Where a consonant holds its marks a unit or two higher than all others do, it is a slip of the drawing hand."""
    for subtable in _mark_to_base(font):
        for mark_class in range(subtable.ClassCount):
            anchors = [anchor for base in subtable.BaseArray.BaseRecord if (anchor := base.BaseAnchor[mark_class])]
            if not anchors:
                continue
            ((usual, _),) = Counter(anchor.YCoordinate for anchor in anchors).most_common(1)
            for anchor in anchors:
                if abs(anchor.YCoordinate - usual) <= SLIP:
                    anchor.YCoordinate = usual


def _moved_pairs(font: TTFont) -> dict[MarkPair, Offset]:
    """Shape every consonant with every pair; keep the pairs that shaping moves, always by the same amount."""
    file = BytesIO()
    font.save(file)
    shaper = uharfbuzz.Font(uharfbuzz.Face(file.getvalue()))
    seen: dict[MarkPair, set[Offset]] = defaultdict(set)
    moved: set[MarkPair] = set()
    for syllable in (consonant + vowel + tone for consonant in CONSONANTS for vowel in VOWELS for tone in TONES):
        buffer = uharfbuzz.Buffer()
        buffer.add_str(syllable)
        buffer.guess_segment_properties()
        uharfbuzz.shape(shaper, buffer)
        names = [shaper.glyph_to_string(info.codepoint) for info in buffer.glyph_infos]
        if len(names) != 3:
            continue
        pair = MarkPair(names[1], names[2])
        _, vowel, tone = buffer.glyph_positions
        seen[pair].add(Offset(tone.x_offset - vowel.x_offset, tone.y_offset - vowel.y_offset))
        if vowel.y_offset or tone.y_offset or abs(tone.x_offset - vowel.x_offset) > LOOKS_LIKE_A_SPACE:
            moved.add(pair)
    return {pair: offset for pair in sorted(moved) if len(seen[pair]) == 1 for offset in seen[pair]}


def _drop_hinting(font: TTFont) -> None:
    for table in HINTING_TABLES:
        if table in font:
            del font[table]
    for name in font.getGlyphOrder():
        font["glyf"][name].removeHinting()


def _add_glyphs(font: TTFont, offsets: dict[MarkPair, Offset], composites: dict[MarkPair, str]) -> None:
    outlines = font["glyf"]
    order = [*font.getGlyphOrder(), *composites.values()]
    font.setGlyphOrder(order)
    outlines.glyphOrder = order
    for pair, name in composites.items():
        glyph = Glyph()
        glyph.numberOfContours = -1  # composite
        glyph.components = [_component(pair.vowel, Offset(0, 0)), _component(pair.tone, offsets[pair])]
        outlines.glyphs[name] = glyph
    for name in composites.values():
        outlines.glyphs[name].recalcBounds(outlines)
        font["hmtx"].metrics[name] = (0, outlines.glyphs[name].xMin)
        font["GDEF"].table.GlyphClassDef.classDefs[name] = GDEF_MARK_CLASS
    font["maxp"].numGlyphs = len(order)


def _component(name: str, offset: Offset) -> Any:
    component = GlyphComponent()
    component.glyphName, component.flags = name, ARGS_ARE_XY_VALUES_ROUNDED
    component.x, component.y = offset
    return component


def _substitute_pairs(font: TTFont, composites: dict[MarkPair, str]) -> None:
    """Add one ligature lookup, run last in `ccmp`: by then the font's own choice of mark variants is made."""
    substitutions = font["GSUB"].table
    lookups = substitutions.LookupList
    lookups.Lookup.append(buildLookup([buildLigatureSubstSubtable(dict(composites))]))
    lookups.LookupCount = len(lookups.Lookup)
    for record in substitutions.FeatureList.FeatureRecord:
        if record.FeatureTag == "ccmp":
            record.Feature.LookupListIndex.append(lookups.LookupCount - 1)
            record.Feature.LookupCount = len(record.Feature.LookupListIndex)


def _attach_like_vowels(font: TTFont, composites: dict[MarkPair, str]) -> None:
    """A composite attaches to its consonant where its vowel did."""
    for subtable in _mark_to_base(font):
        covered, marks = subtable.MarkCoverage.glyphs, subtable.MarkArray
        for pair, name in composites.items():
            if pair.vowel in covered:
                marks.MarkRecord.append(copy.deepcopy(marks.MarkRecord[covered.index(pair.vowel)]))
                covered.append(name)
        marks.MarkCount = len(marks.MarkRecord)


def _mark_to_base(font: TTFont) -> Iterator[Any]:
    """Every subtable that attaches marks to consonants."""
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for subtable in (getattr(entry, "ExtSubTable", entry) for entry in lookup.SubTable):
            if subtable.LookupType == MARK_TO_BASE:
                yield subtable
