"""Gives Thai vowel-and-tone pairs one glyph each, so that text copied out of a PDF is the text that was put in.

Why: the PDF writer puts every glyph that is moved up or down in a text run of its own and repeats the whole syllable as
that run's `/ActualText`, so that "ทั้งสิ้น" is copied, searched and read aloud as "ทั้ทั้งสิ้สิ้น" (krilla#411, #425).
A pair drawn as one glyph has nothing left to move. It looks the same: the composite places the two old glyphs where
shaping had placed them (facts/secured-pdf, section 2).
"""

import copy
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
    offsets = _moved_pairs(source)
    composites = {pair: f"{pair.vowel}_{pair.tone}".replace(".", "_") for pair in offsets}
    with TTFont(source, recalcTimestamp=False) as font:
        _drop_hinting(font)
        _add_glyphs(font, offsets, composites)
        _substitute_pairs(font, composites)
        _attach_like_vowels(font, composites)
        font.save(target)


def _moved_pairs(source: Path) -> dict[MarkPair, Offset]:
    """Shape every consonant with every pair; keep the pairs in which a mark was moved up or down."""
    shaper = uharfbuzz.Font(uharfbuzz.Face(source.read_bytes()))
    moved: dict[MarkPair, Offset] = {}
    for syllable in (consonant + vowel + tone for consonant in CONSONANTS for vowel in VOWELS for tone in TONES):
        buffer = uharfbuzz.Buffer()
        buffer.add_str(syllable)
        buffer.guess_segment_properties()
        uharfbuzz.shape(shaper, buffer)
        names = [shaper.glyph_to_string(info.codepoint) for info in buffer.glyph_infos]
        positions = buffer.glyph_positions
        if len(names) == 3 and any(position.y_offset for position in positions):
            _, vowel, tone = positions
            offset = Offset(tone.x_offset - vowel.x_offset, tone.y_offset - vowel.y_offset)
            moved.setdefault(MarkPair(names[1], names[2]), offset)
    return moved


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
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for subtable in (getattr(entry, "ExtSubTable", entry) for entry in lookup.SubTable):
            if subtable.LookupType != MARK_TO_BASE:
                continue
            covered, marks = subtable.MarkCoverage.glyphs, subtable.MarkArray
            for pair, name in composites.items():
                if pair.vowel in covered:
                    marks.MarkRecord.append(copy.deepcopy(marks.MarkRecord[covered.index(pair.vowel)]))
                    covered.append(name)
            marks.MarkCount = len(marks.MarkRecord)
