"""The picture as SVG: one file that needs nothing else, with text as text, for screens and for paper (A3 across).

Built as a tree and never by pasting strings, so that nothing an author wrote can become markup; the same
playbook gives the same bytes.
"""

from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from engine.authoring.drawing.cards import BOLD, LEADING, PADDING, SIZES, Style
from engine.authoring.drawing.layout import MARK_SIZE, Arrow, Box, Layout, laid_out, mark_width
from engine.authoring.drawing.legend import NOTES, Entry, entries
from engine.authoring.drawing.measure import tidy, wrap
from engine.authoring.drawing.outlines import OUTLINES
from engine.authoring.paper.book import Book
from engine.authoring.paper.spans import span

FONTS: Final = "Helvetica, Arial, 'Liberation Sans', sans-serif"
MARGIN: Final = 24
NARROWEST: Final = 760
_INK: Final = "#1b1b1b"
_FAINT: Final = "#5a5a5a"
_STYLE: Final = "@page{size:A3 landscape;margin:8mm}@media print{svg{width:100%;height:100vh}}"
_FILLS: Final[dict[Style, str]] = {"kind": _FAINT, "title": _INK, "who": _INK, "note": "#333333", "flag": "#7a1f00"}


def svg(book: Book) -> str:
    """Draw a playbook; the answer ends with a line break."""
    layout = laid_out(book)
    wide = max(NARROWEST, layout.width + 2 * MARGIN)
    root = Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "graphics-document", "aria-labelledby": "title about", "lang": "en"}
    )
    _described(root, book)
    y = _heading(root, book, wide)
    _drawn(root, layout, (wide - layout.width) // 2, y)
    height = _legend(root, book, wide, y + layout.height + 34) + MARGIN
    root.attrib.update({"viewBox": f"0 0 {wide} {height}", "width": str(wide), "height": str(height), "font-family": FONTS})
    return tostring(root, encoding="unicode") + "\n"


def _described(root: Element, book: Book) -> None:
    SubElement(root, "title", {"id": "title"}).text = tidy(book.playbook.title)
    count = len(book.playbook.steps)
    about = f"The {count} steps from top to bottom; arrows lead to what waits for a step. The plan on paper says the same in words."
    SubElement(root, "desc", {"id": "about"}).text = about
    SubElement(root, "style").text = _STYLE
    marker = SubElement(SubElement(root, "defs"), "marker", {"id": "tip", "viewBox": "0 0 8 8", "refX": "7", "refY": "4"})
    marker.attrib.update({"markerWidth": "8", "markerHeight": "8", "orient": "auto"})
    SubElement(marker, "path", {"d": "M0 0L8 4L0 8z", "fill": "#444444"})
    SubElement(root, "rect", {"width": "100%", "height": "100%", "fill": "#ffffff"})


def _heading(root: Element, book: Book, wide: int) -> int:
    """Write the title and one line about the playbook; give the height at which the steps begin."""
    y = MARGIN
    for line in wrap(book.playbook.title, wide - 2 * MARGIN, 22, bold=True):
        y += 26
        _text(root, MARGIN, y, line, 22, bold=True)
    playbook = book.playbook
    about = f"{playbook.id} {playbook.version} · answered for by {book.role(playbook.owner)} · reviewed every {span(playbook.review_every)}"
    for line in wrap(about, wide - 2 * MARGIN, 12):
        y += 18
        _text(root, MARGIN, y, line, 12, fill=_FAINT)
    return y + 28


def _drawn(root: Element, layout: Layout, x: int, y: int) -> None:
    group = SubElement(root, "g", {"transform": f"translate({x} {y})"})
    for left, top, words in layout.labels:
        _text(group, left, top, words, 13, bold=True, fill=_FAINT)
    for arrow in layout.arrows:
        _arrow(group, arrow)
    for box in layout.boxes:
        _card(group, box)
    for arrow in layout.arrows:
        if arrow.link.mark:
            _mark(group, arrow)


def _arrow(group: Element, arrow: Arrow) -> None:
    points = arrow.points
    way = [f"M{points[0][0]} {points[0][1]}"]
    for index, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        half = (to_y - y) // 2
        is_straight = index % 2 == 0  # down through a row; every other stretch is the gap between two rows
        way.append(f"L{to_x} {to_y}" if is_straight or x == to_x else f"C{x} {y + half} {to_x} {to_y - half} {to_x} {to_y}")
    line = SubElement(
        group, "path", {"d": "".join(way), "fill": "none", "stroke": "#666666", "stroke-width": "1.4", "marker-end": "url(#tip)"}
    )
    if arrow.link.labels:
        SubElement(line, "title").text = tidy(" / ".join(arrow.link.labels))


def _mark(group: Element, arrow: Arrow) -> None:
    x, y = arrow.points[-1]
    wide = mark_width(arrow.link)
    pill = {
        "x": str(x - wide // 2),
        "y": str(y - 27),
        "width": str(wide),
        "height": "16",
        "rx": "8",
        "fill": "#fff3d6",
        "stroke": "#8a6d1a",
    }
    SubElement(group, "rect", pill)
    _text(group, x, y - 15, arrow.link.mark, MARK_SIZE, bold=True, anchor="middle")


def _card(group: Element, box: Box) -> None:
    outline = OUTLINES[box.card.kind]
    place = (box.x, box.y, box.card.width, box.card.height)
    card = SubElement(group, "g", {"id": f"step-{box.card.number}", "role": "group"})
    SubElement(card, "title").text = box.card.words
    shape = SubElement(card, "path", {"d": outline.edge(*place), "fill": outline.tint, "stroke": _INK, "stroke-width": "1.3"})
    if outline.dashes:
        shape.set("stroke-dasharray", outline.dashes)
    if outline.inside:
        SubElement(card, "path", {"d": outline.inside(*place), "fill": "none", "stroke": _INK, "stroke-width": "0.8"})
    y = box.y + PADDING // 2 - 4
    for line in box.card.lines:
        y += LEADING[line.style]
        _text(card, box.x + PADDING, y, line.text, SIZES[line.style], bold=line.style in BOLD, fill=_FILLS[line.style])


def _legend(root: Element, book: Book, wide: int, y: int) -> int:
    """Draw one small card for each kind used, and how to read the rest; give the height at which it ends."""
    SubElement(root, "path", {"d": f"M{MARGIN} {y - 14}h{wide - 2 * MARGIN}", "stroke": "#bbbbbb"})
    x = MARGIN
    for entry in entries(book):
        if x + entry.width > wide - MARGIN:
            x, y = MARGIN, y + 34
        _example(root, entry, x, y)
        x += entry.width
    y += 50
    columns = max(1, wide // 640)
    breadth = (wide - 2 * MARGIN) // columns
    heights = [y] * columns
    for place, note in enumerate(NOTES):
        column = place * columns // len(NOTES)
        for line in wrap(note, breadth - 16, 12):
            _text(root, MARGIN + column * breadth, heights[column], line, 12, fill="#333333")
            heights[column] += 16
    return max(heights) - 16


def _example(root: Element, entry: Entry, x: int, y: int) -> None:
    outline = OUTLINES[entry.kind]
    shape = SubElement(root, "path", {"d": outline.edge(x, y, 44, 24), "fill": outline.tint, "stroke": _INK})
    if outline.dashes:
        shape.set("stroke-dasharray", outline.dashes)
    if outline.inside and entry.kind != "statement":
        SubElement(root, "path", {"d": outline.inside(x, y, 44, 24), "fill": "none", "stroke": _INK, "stroke-width": "0.8"})
    _text(root, x + 52, y + 16, entry.words, 12)


def _text(parent: Element, x: int, y: int, words: str, size: int, *, bold: bool = False, fill: str = _INK, anchor: str = "") -> None:
    text = SubElement(parent, "text", {"x": str(x), "y": str(y), "font-size": str(size), "fill": fill})
    if bold:
        text.set("font-weight", "bold")
    if anchor:
        text.set("text-anchor", anchor)
    text.text = words
