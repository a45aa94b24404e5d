"""Prints a CoC document as PDF, with a QR code of where it can be checked. Pure.

The template is ours and constant; what others wrote reaches it as data (one JSON text) and is set
as text, never read as markup, so that no name can do anything. Fonts are those of the packages,
never the machine's, and the time is the day of issue: the same document is the same bytes. It is
PDF/A-2u, fit for archives, unless a name has characters that no font here can show; then it is a
plain PDF with boxes in their place.
"""

import io
import json
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import manimgx_fonts_cjk
import segno
import typst

from .paper import NOTICE, STATEMENT, Paper

if TYPE_CHECKING:
    from typst import PDFStandard

STANDARD: Final = "a-2u"
TEMPLATE = b"""
#let it = json(bytes(sys.inputs.document))
#let issued = it.issued_on.split("-").map(int)
#set document(
  title: it.title,
  author: "Castmark",
  date: datetime(year: issued.at(0), month: issued.at(1), day: issued.at(2)),
)
#set page(paper: "a4", margin: (x: 22mm, top: 20mm, bottom: 24mm), footer: [
  #set text(size: 8pt, fill: luma(90))
  #it.notice #h(1fr) #context counter(page).display("1 / 1", both: true)
])
#let fonts = ("Libertinus Serif", "Noto Sans CJK SC", "DejaVu Sans Mono")
#set text(font: fonts, size: 10.5pt, lang: "en")
#show heading: set text(size: 11pt)
#grid(columns: (1fr, auto), column-gutter: 8mm,
  [
    #text(size: 18pt, weight: "bold")[#it.title]
    #v(1mm)
    #text(size: 13pt)[#it.number]
    #v(1mm)
    #if it.valid [#it.state] else [
      #text(fill: rgb("#9c1c1c"), weight: "bold")[Not valid: #it.state]
    ]
  ],
  image(bytes(it.qr), format: "svg", width: 32mm, alt: it.link),
)
#line(length: 100%, stroke: 0.6pt)
#for section in it.sections [
  == #section.title
  #grid(columns: (48mm, 1fr), row-gutter: 2.2mm, column-gutter: 4mm,
    ..section.lines.map(((name, value)) => (text(fill: luma(90), name), text(value))).flatten())
  #v(1.5mm)
]
#line(length: 100%, stroke: 0.6pt)
#it.statement
#v(1mm)
#text(size: 9pt)[Check this document: #it.link]
"""


def pdf(paper: Paper) -> bytes:
    """The document as PDF."""
    said = {
        "title": "Chain of Custody Document",
        "number": paper.number,
        "issued_on": paper.issued_on.isoformat(),
        "state": paper.state,
        "valid": paper.valid,
        "sections": [section._asdict() for section in paper.sections],
        "statement": STATEMENT,
        "notice": NOTICE,
        "link": paper.link,
        "qr": qr(paper.link),
    }
    inputs = {"document": json.dumps(said)}
    when = int(datetime.combine(paper.issued_on, time(), UTC).timestamp())
    try:
        return _compiled(inputs, when, [STANDARD])
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        return _compiled(inputs, when, [])


def qr(link: str) -> str:
    """A QR code as SVG: a quarter of it may be lost or soiled."""
    drawn = io.BytesIO()
    segno.make_qr(link, error="q").save(drawn, kind="svg", xmldecl=False, border=0)
    return drawn.getvalue().decode()


def _compiled(inputs: dict[str, str], when: int, standards: list["PDFStandard"]) -> bytes:
    compiler = typst.Compiler(TEMPLATE, font_paths=_fonts(), sys_inputs=inputs)
    made = compiler.compile(format="pdf", timestamp=when, pdf_standards=standards)
    if not isinstance(made, bytes):
        raise TypeError(f"one PDF was wanted, not {type(made).__name__}")
    return made


@cache
def _fonts() -> typst.Fonts:
    """Those of typst itself, and one for Chinese, Japanese and Korean names."""
    folder = str(Path(manimgx_fonts_cjk.__file__).parent)
    return typst.Fonts(include_system_fonts=False, font_paths=[folder])
