"""Finds text for people that bypasses gettext: in templates with a real lexer and parser, in Python by its syntax tree.

What counts as text is anything with a letter in it, where a reader would meet it. Left alone are `<code>` and its
like, elements with `translate="no"`, and the product's name.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from django.template.base import Lexer, Token, TokenType

PROPER_NAMES = ("CSP portal", "PowerShell", "SHA-256", "curl")

# Templates
TEXT_ATTRIBUTES = {"alt", "aria-description", "aria-label", "aria-roledescription", "label", "placeholder", "title"}
BUTTON_TYPES = {"button", "reset", "submit"}  # of an <input>: its value is text
NOT_FOR_READERS = {"code", "kbd", "pre", "samp", "script", "style"}
VOID_ELEMENTS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TEXT_ARGUMENTS = {"action", "caption", "description", "heading", "help", "hint", "label", "message", "reason"} | {
    "subtitle",
    "text",
    "title",
}
TEXT_FILTERS = ("add", "default", "default_if_none", "pluralize", "yesno")
_LITERAL = r"""("[^"]*"|'[^']*')"""
_TEXT_ARGUMENT = re.compile(rf"\b({'|'.join(sorted(TEXT_ARGUMENTS))})={_LITERAL}")
_TEXT_FILTER = re.compile(rf"\|({'|'.join(TEXT_FILTERS)}):{_LITERAL}")
_BADGE_LABEL = re.compile(rf"^badge\s+\S+\s+{_LITERAL}")

# Python
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "npgettext", "npgettext_lazy"} | {
    "pgettext",
    "pgettext_lazy",
}
MESSAGE_LEVELS = {"debug", "error", "info", "success", "warning"}
TEXT_KEYWORDS = {"empty_label", "error_messages", "help_text", "label", "next_step", "sentence"}
TEXT_ASSIGNMENTS = {"error_messages", "help_texts", "labels"}  # of a form or its Meta
# Positions of the arguments that are text, by the name of what is called.
TEXT_POSITIONS = {"Place": (0,), "Reason": (2, 3), "Tab": (0,), "ThemeChoice": (0,), "ValidationError": (0,)} | {
    "add_error": (1,),
    "add_message": (2,),
}
CHOICES = {"IntegerChoices", "TextChoices"}


@dataclass(frozen=True)
class Finding:
    """Text that no translator would see."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text!r}"


def has_text(text: str) -> bool:
    """Whether there is a letter in it, proper names aside."""
    for name in PROPER_NAMES:
        text = text.replace(name, "")
    return any(character.isalpha() for character in text)


# Templates


def template_findings(source: str, *, html: bool = True) -> list[Finding]:
    """Texts of a template outside translate and blocktranslate, in its HTML and in the arguments of its tags."""
    rest: list[str] = []
    findings: list[Finding] = []
    for token in _untranslated(source):
        if token.token_type == TokenType.TEXT:
            rest.append(token.contents)
        else:
            findings += [Finding(token.lineno or 0, text) for text in _texts_of_tag(token) if has_text(text)]
            rest.append("\n" * token.contents.count("\n"))
    return sorted(findings + list(_texts_of_html("".join(rest), html)), key=lambda finding: finding.line)


def _untranslated(source: str) -> Iterator[Token]:
    """The template's tokens; of a comment or a translated block only the line breaks, so that lines still count."""
    until = ""
    for token in Lexer(source).tokenize():
        tag = token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if until:
            until = "" if tag == until else until
            yield Token(TokenType.TEXT, "\n" * token.contents.count("\n"), lineno=token.lineno)
        elif tag in {"comment", "blocktranslate", "blocktrans"}:
            until = f"end{tag}"
        elif tag not in {"translate", "trans"} and token.token_type != TokenType.COMMENT:
            yield token


def _texts_of_tag(token: Token) -> list[str]:
    """Literals among the arguments of a tag or filter that are shown to people, without their quotes."""
    if token.contents.startswith("extends "):
        return []  # its filters choose a template
    matches = [match[2] for match in _TEXT_FILTER.finditer(token.contents)]
    if token.token_type == TokenType.BLOCK:
        matches += [match[2] for match in _TEXT_ARGUMENT.finditer(token.contents)]
        matches += _BADGE_LABEL.findall(token.contents)
    return [literal[1:-1] for literal in matches]


def _texts_of_html(source: str, html: bool) -> Iterator[Finding]:
    if not html:
        lines = enumerate(source.splitlines(), start=1)
        yield from (Finding(number, line.strip()) for number, line in lines if has_text(line))
        return
    reader = _TextReader()
    reader.feed(source)
    reader.close()
    yield from reader.findings


class _TextReader(HTMLParser):
    """Collects text nodes and text attributes, with their lines."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.skipped: list[str] = []  # the elements we are in since one that is not for readers

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name in given:
            if name in TEXT_ATTRIBUTES or (name == "value" and given.get("type") in BUTTON_TYPES):
                self._note(given[name])
        hidden = tag in NOT_FOR_READERS or given.get("translate") == "no"
        if (self.skipped or hidden) and tag not in VOID_ELEMENTS:
            self.skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.skipped:
            while self.skipped.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self._note(data)

    def _note(self, text: str) -> None:
        if has_text(text):
            leading_breaks = len(text) - len(text.lstrip("\n"))
            self.findings.append(Finding(self.getpos()[0] + leading_breaks, " ".join(text.split())))


# Python


def python_findings(source: str) -> list[Finding]:
    """Literals where a message, a form, an error, a refusal or a choice is given its text."""
    found = {
        finding for node in ast.walk(ast.parse(source)) for text in _texts_of_node(node) for finding in _bare(text)
    }
    return sorted(found, key=lambda finding: (finding.line, finding.text))


def _texts_of_node(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions below `node` that a reader will meet as text."""
    if isinstance(node, ast.Call):
        yield from _texts_of_call(node)
    elif isinstance(node, ast.ClassDef) and any(_name(base) in CHOICES for base in node.bases):
        yield from _labels_of_choices(node)
    elif isinstance(node, ast.Assign) and any(_name(target) in TEXT_ASSIGNMENTS for target in node.targets):
        yield node.value
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from (
            value
            for key, value in pairs
            if isinstance(key, ast.Constant) and key.value in TEXT_ATTRIBUTES - {"label", "title"}
        )


def _texts_of_call(call: ast.Call) -> Iterator[ast.expr]:
    name = _name(call.func)
    positions = TEXT_POSITIONS.get(name, ())
    if isinstance(call.func, ast.Attribute) and _name(call.func.value) == "messages" and name in MESSAGE_LEVELS:
        positions = (1,)
    yield from (call.args[position] for position in positions if position < len(call.args))
    yield from (keyword.value for keyword in call.keywords if keyword.arg in TEXT_KEYWORDS)
    if name in GETTEXT and call.args and not isinstance(call.args[0], ast.Constant):
        yield ast.Constant(value=f"{ast.unparse(call)} cannot be extracted", lineno=call.lineno)


def _labels_of_choices(choices: ast.ClassDef) -> Iterator[ast.expr]:
    """The label of each member; a member without one gets a label made of its name, which is English."""
    for statement in choices.body:
        if isinstance(statement, ast.Assign) and _name(statement.targets[0]).isupper():
            value = statement.value
            yield value.elts[-1] if isinstance(value, ast.Tuple) else value


def _bare(node: ast.expr) -> Iterator[Finding]:
    """Literals with letters in `node` that do not go through gettext; what other functions return is theirs."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and has_text(node.value):
        yield Finding(node.lineno, node.value)
    for part in _parts(node):
        yield from _bare(part)


def _parts(node: ast.expr) -> list[ast.expr]:
    """The expressions of which the text of `node` is made up."""
    match node:
        case ast.BinOp(left=left, op=ast.Mod()):
            return [left]  # on the right stand the values
        case ast.BinOp(left=left, right=right) | ast.IfExp(body=left, orelse=right):
            return [left, right]
        case ast.BoolOp(values=parts) | ast.Dict(values=parts) | ast.JoinedStr(values=parts):
            return parts
        case ast.List(elts=parts) | ast.Tuple(elts=parts):
            return parts
        case ast.Call(func=ast.Attribute(value=template, attr="format")):
            return [template]
        case _:
            return []


def _name(node: ast.expr) -> str:
    """The last part of a dotted name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
