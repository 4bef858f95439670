"""XML from strangers: no document types, no entities, limited depth and number of elements."""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

_DEPTH_MOST, _ELEMENTS_MOST = 32, 1000


class BadXml(Exception):
    """Not well-formed, or more than this camera reads."""


class _Reader:
    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > _DEPTH_MOST or self._count > _ELEMENTS_MOST:
            raise BadXml("too deep or too many elements")
        self._tree.start(_clark(name), {_clark(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_clark(name))

    def data(self, text: str) -> None:
        self._tree.data(text)

    def close(self) -> Element:
        return self._tree.close()


def parse(document: bytes) -> Element:
    """The root element; names are in Clark notation."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)
    except (expat.ExpatError, ValueError) as mistake:
        raise BadXml(str(mistake)) from None
    return reader.close()


def text_of(element: Element | None, path: str = ".") -> str:
    """The text of an element or of a descendant, empty when it is not there."""
    found = None if element is None else element.find(path)
    return "" if found is None or found.text is None else found.text.strip()


def _refuse_doctype(*_: object) -> None:
    raise BadXml("document types are not read")


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name
