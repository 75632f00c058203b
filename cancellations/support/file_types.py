"""Which files are taken, judged by their content: a name may say anything (S3). No Django."""

import codecs
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import PurePosixPath
from typing import BinaryIO

import puremagic

from csp_portal.typed_text import one_line

LONGEST_NAME = 255  # characters
TEXT_ENDINGS = (".txt", ".csv", ".log")
_CHUNK = 64 * 1024  # bytes
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s*<(!doctype|!--|\?xml|html|head|body|svg|script|math)", re.IGNORECASE)
_ZIP = b"PK\x03\x04"
_HEADER = re.compile(rb"[!-9;-~]+:")  # of a mail: its name (RFC 5322, 2.2)
_HEADERS_LENGTH = 256 * 1024  # bytes that are looked through for them
_OFFICE = "application/vnd.openxmlformats-officedocument"


def kept_name(name: str) -> str:
    """A file's name as it is shown and sent: its last part, on one line, at most 255 characters with its ending."""
    bare = one_line(name.replace("\\", "/").rpartition("/")[2]).strip(". ") or "file"
    ending = ending_of(bare)
    return bare[: LONGEST_NAME - len(ending)].removesuffix(ending) + ending if len(bare) > LONGEST_NAME else bare


def ending_of(name: str) -> str:
    """`.pdf`: what a name says of its content, in small letters as far as it is short."""
    ending = PurePosixPath(name).suffix
    return ending if len(ending) <= 10 else ""


def _says(*content_types: str) -> Callable[[BinaryIO], bool]:
    """Whether the content begins like one of these types and is likeliest one of them."""

    def check(file: BinaryIO) -> bool:
        try:
            found = puremagic.magic_stream(file)
        except (puremagic.PureError, ValueError):
            return False
        best = max((match.confidence for match in found), default=0)
        return any(match.mime_type in content_types and match.confidence == best for match in found)

    return check


def _office(folder: str) -> Callable[[BinaryIO], bool]:
    """Whether it is a document of Office without macros, with its content in `folder`."""

    def check(file: BinaryIO) -> bool:
        if file.read(len(_ZIP)) != _ZIP:
            return False  # an archive is read from its end: before it could stand anything
        try:
            with zipfile.ZipFile(file) as document:
                names = document.namelist()
        except (zipfile.BadZipFile, ValueError, OSError):
            return False
        has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names) and not has_macros

    return check


def _text(file: BinaryIO) -> bool:
    """Whether it is text in UTF-8 that no browser takes for a page."""
    decoder, is_first = codecs.getincrementaldecoder("utf-8-sig")(), True
    while chunk := file.read(_CHUNK):
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
        if _NO_TEXT.search(text) or (is_first and _MARKUP.match(text)):
            return False
        is_first = False
    return not decoder.getstate()[0]


def _mail(file: BinaryIO) -> bool:
    """Whether it begins with the header of a mail, which says whom it is from (RFC 5322, 3.6.2)."""
    start = file.read(_HEADERS_LENGTH).removeprefix(codecs.BOM_UTF8)
    if not _HEADER.match(start) or b"\0" in start:
        return False
    return "From" in BytesHeaderParser().parsebytes(start)


@dataclass(frozen=True)
class FileType:
    """A type that is taken: what it is sent as, and whether a content is of it."""

    content_type: str
    fits: Callable[[BinaryIO], bool]


_JPEG = FileType("image/jpeg", _says("image/jpeg"))
_TEXT = FileType("text/plain; charset=utf-8", _text)
TYPES: dict[str, FileType] = {
    ".pdf": FileType("application/pdf", _says("application/pdf")),
    ".png": FileType("image/png", _says("image/png")),
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".gif": FileType("image/gif", _says("image/gif")),
    ".webp": FileType("image/webp", _says("image/webp")),
    ".docx": FileType(f"{_OFFICE}.wordprocessingml.document", _office("word/")),
    ".xlsx": FileType(f"{_OFFICE}.spreadsheetml.sheet", _office("xl/")),
    ".eml": FileType("message/rfc822", _mail),
    ".csv": FileType("text/csv; charset=utf-8", _text),
    ".txt": _TEXT,
    ".log": _TEXT,
}
ENDINGS = ", ".join(TYPES)


def type_of(name: str) -> FileType | None:
    """What a name says that the content is; None if it is of no type that is taken."""
    return TYPES.get(ending_of(name).lower())


def is_of(file: BinaryIO, claimed: FileType) -> bool:
    """Whether the content of a file is what its name says; leaves it at its beginning."""
    file.seek(0)
    try:
        return claimed.fits(file)
    finally:
        file.seek(0)
