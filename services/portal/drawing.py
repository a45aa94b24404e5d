"""How pictures are drawn: matplotlib's figures as SVG that our pages may show. Pure.

Colours are classes of our style sheet, so that a picture follows light and dark. Nothing in it is a
link, a script, a style or a font from elsewhere: the pages' content security policy would refuse
it. matplotlib is loaded when the first picture is asked for.
"""

from functools import cache
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
INK, DIM, PAPER = "#000101", "#000102", "#000103"
SERIES = ("#000111", "#000112", "#000113", "#000114", "#000115", "#000116")
HATCHES = ("", "//", "\\\\", "--", "||", "xx")
CLASSES = {
    INK: "ink",
    DIM: "dim",
    PAPER: "paper",
    **{colour: f"series-{number}" for number, colour in enumerate(SERIES)},
}
"""Colours that only stand for a class of the style sheet."""


@cache
def settle() -> None:
    """matplotlib as we use it: text stays text, the same picture has the same bytes."""
    import matplotlib as drawing  # loaded late: most processes draw nothing

    drawing.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "castmark",
            "text.parse_math": False,
            "text.color": INK,
            "axes.labelcolor": INK,
            "axes.edgecolor": DIM,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "xtick.color": DIM,
            "ytick.color": DIM,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "hatch.linewidth": 0.7,
        }
    )


def canvas(height: float = 4) -> "tuple[Figure, Axes]":
    """An empty picture without a ground of its own, so high where 10 is its width."""
    settle()
    from matplotlib.figure import Figure  # loaded late, as above

    figure = Figure(figsize=(10, height), layout="tight")
    figure.patch.set_visible(False)
    axes = figure.subplots()
    axes.patch.set_visible(False)
    return figure, axes


def write(axes: "Axes", x: float, y: float, text: str) -> None:
    """A number above a point."""
    axes.annotate(text, (x, y), (0, 3), textcoords="offset points", ha="center", fontsize=9)


def legend(axes: "Axes") -> None:
    """Beside the picture, so that it hides nothing."""
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, labelcolor=INK, fontsize=9)


def wrapped(name: str) -> str:
    """In two lines, if it has two words."""
    return name.replace(" ", "\n", 1)


def svg(figure: "Figure", title: str, told: str, asked: object) -> str:
    """A figure as SVG to stand in a page: named and described, without ids of others, with classes
    for colours and attributes for styles."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    root = ElementTree.fromstring(text.getvalue())
    key = _key(asked)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        _cleaned(element, key)
    _introduced(root, key, title, told)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _introduced(root: ElementTree.Element, key: str, title: str, told: str) -> None:
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{key}-title {key}-told"}
    for name, words in (("desc", told), ("title", title)):
        element = ElementTree.Element(f"{{{SVG}}}{name}")
        element.set("id", f"{key}-{'told' if name == 'desc' else name}")
        element.text = words
        root.insert(0, element)


def _cleaned(element: ElementTree.Element, key: str) -> None:
    """Ids are needed by what refers to them only, and are ours alone on a page."""
    if element.tag == f"{{{SVG}}}g":
        element.attrib.pop("id", None)
    elif "id" in element.attrib:
        element.set("id", f"{key}-{element.attrib['id']}")
    if XLINK in element.attrib:
        element.set("href", f"#{key}-{element.attrib.pop(XLINK)[1:]}")
    classes: list[str] = []
    for declared in element.attrib.pop("style", "").split(";"):
        name, _, value = declared.partition(":")
        name, value = name.strip(), value.strip()
        if not name or name == "font-family":
            continue
        element.set(name, value)
    for name in ("fill", "stroke"):
        value = element.attrib.get(name, "")
        if value in CLASSES:
            classes.append(f"{name}-{CLASSES[element.attrib.pop(name)]}")
    for name, value in element.attrib.items():
        if value.startswith("url(#"):
            element.set(name, f"url(#{key}-{value[5:]}")
    if classes:
        element.set("class", " ".join(classes))


def _key(asked: object) -> str:
    """A word for a picture on its page, the same for the same content."""
    return "p" + sha256(repr(asked).encode()).hexdigest()[:10]
