"""Reads from a page what one can press: links that look like buttons, buttons, and what opens to tell a reason."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """One element of the page with what stands in it."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: list["Element | str"] = field(default_factory=list)

    def walk(self) -> Iterator["Element"]:
        """This element and all below it."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def above(self) -> Iterator["Element"]:
        """The elements around this one."""
        if self.parent:
            yield self.parent
            yield from self.parent.above()

    def has_class(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        """What a reader sees of it, its white space evened out; what only screen readers meet is left out."""
        hidden = self.has_class("visually-hidden")
        parts = [] if hidden else [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = self.current = Element("root", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.current)
        self.current.children.append(element)
        if tag not in _VOID:
            self.current = element

    def handle_endtag(self, tag: str) -> None:
        opened = next((element for element in (self.current, *self.current.above()) if element.tag == tag), None)
        if opened is not None and opened.parent is not None:
            self.current = opened.parent

    def handle_data(self, data: str) -> None:
        self.current.children.append(data)


def read(html: str) -> Element:
    """The page as a tree."""
    reader = _Reader()
    reader.feed(html)
    return reader.root


def is_disabled(element: Element) -> bool:
    """Whether it is a control that only tells why it cannot be used."""
    opens_a_reason = (
        element.tag == "summary" and element.parent is not None and element.parent.has_class("why-disabled")
    )
    return opens_a_reason or element.attributes.get("aria-disabled") == "true"


def controls(page: Element) -> list[Element]:
    """What can be pressed on the page as it opens, in menus too: buttons, links that look so, what opens a reason."""
    found = [element for element in page.walk() if element.tag in ("button", "summary", "a")]
    pressed = [element for element in found if element.tag != "a" or element.has_class("btn")]
    return [element for element in pressed if element.text and not _is_folded_away(element)]


def _is_folded_away(element: Element) -> bool:
    """Whether it stands in a part of the page, not a menu, that another control opens."""
    around = element.parent.above() if element.tag == "summary" and element.parent else element.above()
    return any(outer.tag == "details" and not outer.has_class("menu") for outer in around)


def reason_of(control: Element, page: Element) -> str:
    """The text beside a disabled control: what it is described by, or what it opens."""
    if control.tag == "summary":
        assert control.parent is not None
        told = [element for element in control.parent.walk() if element.has_class("reason")]
    else:
        ids = control.attributes.get("aria-describedby", "").split()
        told = [element for element in page.walk() if element.attributes.get("id") in ids]
    return " ".join(element.text for element in told)
