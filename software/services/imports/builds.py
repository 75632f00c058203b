"""Builds: files that are hashed while they stream into the storage, and stand there whole or not at all (M7)."""

import errno
import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from babel import Locale, UnknownLocaleError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from activity.models import Action
from activity.services import Actor, SignedIn, record, refusals_recorded
from csp_portal.accounts.permissions import require_housekeeper
from csp_portal.errors import Refusal
from software import reasons
from software.models import Build, Product

Progress = Callable[[int], object]  # told from time to time how many bytes are stored
_CHUNK = 1024 * 1024  # bytes
_BETWEEN_PROGRESS = 64 * _CHUNK
_LONGEST_NAME = 50  # of a build's version and file type
_LONGEST_FILE_NAME = 255
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True)
class _Stored:
    """A file that has arrived in the storage, and what was found while it did."""

    file_name: str
    storage_name: str
    size: int
    sha256: str


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
def import_build(
    source: Path | File,
    *,
    product_id: str,
    version: str,
    language: str,
    file_type: str,
    actor: Actor | SignedIn,
    progress: Progress | None = None,
) -> Build:
    """Store a file as a build of a product; size and SHA-256 are taken while it streams (M7).

    Raises Refusal if the product is unknown or sold without downloads, the language is no BCP 47 tag, the product has
    this build already, or the file is empty, cannot be read or has no room.
    """
    require_housekeeper(actor)
    product = _product_with_downloads(product_id)
    _check_names(version=version, file_type=file_type)
    _check_language(language)
    named: dict[str, Any] = {"product": product, "version": version, "language": language, "file_type": file_type}
    exists = Refusal(reasons.BUILD_EXISTS, **named)
    if Build.objects.filter(**named).exists():
        raise exists
    with _storing(source, progress) as stored, transaction.atomic():
        try:
            build = Build.objects.create(**named, **vars(stored))
        except IntegrityError as error:  # of two at once the other was first
            raise exists from error
        record(Action.BUILD_IMPORTED, actor=actor, details=_told(build))
    return build


@refusals_recorded(Action.CATALOGUE_CHANGE_REFUSED)
def replace_build_file(
    build_id: uuid.UUID, source: Path | File, *, actor: Actor | SignedIn, progress: Progress | None = None
) -> Build:
    """Give a build another file, the old one being wrong; downloads begun from the old one close by themselves (K7)."""
    require_housekeeper(actor)
    with _storing(source, progress) as stored, transaction.atomic():
        build = Build.objects.select_related("product").select_for_update(of=("self",)).get(public_id=build_id)
        before, old = {"file": build.file_name, "sha256": build.sha256}, build.storage_name
        for name, value in vars(stored).items():
            setattr(build, name, value)
        build.imported_at = timezone.now()
        build.save(update_fields=[*vars(stored), "imported_at"])
        record(Action.BUILD_IMPORTED, actor=actor, details={**_told(build), "in_place_of": before})
        transaction.on_commit(partial(default_storage.delete, old))
    return build


def _told(build: Build) -> dict[str, Any]:
    """What the log says of a build."""
    return {
        "product": build.product.title,
        "version": build.version,
        "language": build.language,
        "file_type": build.file_type,
        "file": build.file_name,
        "sha256": build.sha256,
    }


def _product_with_downloads(product_id: str) -> Product:
    product = Product.objects.filter(product_id=product_id).first()
    if product is None:
        raise Refusal(reasons.NO_SUCH_PRODUCT, product=product_id)
    if not product.is_software:
        raise Refusal(reasons.KIND_WITHOUT_DOWNLOADS, product=product.title, kind=product.get_kind_display())
    return product


def _check_names(**names: str) -> None:
    for text in names.values():
        if not 0 < len(text.strip()) <= _LONGEST_NAME or not text.isprintable():
            raise Refusal(reasons.BUILD_MISNAMED, longest=_LONGEST_NAME)


def _check_language(tag: str) -> None:
    try:
        Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise Refusal(reasons.NOT_A_LANGUAGE, language=tag) from error


@contextmanager
def _storing(source: Path | File, progress: Progress | None) -> Iterator[_Stored]:
    """The source in the storage, unless something goes wrong within: no failure and no Ctrl-C leaves half a file."""
    storage_name = f"builds/{uuid.uuid4().hex}"
    try:
        with _opened(source) as (opened, file_name):
            stream = _HashedFile(opened, file_name, progress or (lambda _bytes: None))
            _save(storage_name, stream)
        if not stream.sent:
            raise Refusal(reasons.FILE_EMPTY, file=file_name)
        yield _Stored(_readable(file_name), storage_name, stream.sent, stream.digest.hexdigest())
    except BaseException:
        default_storage.delete(storage_name)
        raise


@contextmanager
def _opened(source: Path | File) -> Iterator[tuple[Any, str]]:
    """The source's bytes and its file name; what is uploaded stays open, for it is its owner's."""
    if not isinstance(source, Path):
        source.seek(0)
        yield source.file, source.name or ""
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise _unreadable(str(source), error) from error
    with file:
        yield file, source.name


def _save(storage_name: str, stream: "_HashedFile") -> None:
    try:
        default_storage.save(storage_name, stream)
    except OSError as error:
        reason = reasons.STORAGE_FULL if error.errno in _NO_ROOM else reasons.STORAGE_FAILS
        raise Refusal(reason, file=_readable(stream.name or ""), why=error.strerror or str(error)) from error


def _unreadable(name: str, error: OSError) -> Refusal:
    return Refusal(reasons.FILE_UNREADABLE, file=_readable(name), why=error.strerror or str(error))


def _readable(file_name: str) -> str:
    """A name that can be written: file systems hold names that are no text, and a database does not."""
    text = file_name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "")
    return text[-_LONGEST_FILE_NAME:] or "file"


class _HashedFile(File):
    """A file whose SHA-256 is computed while a storage reads it, once and from its start to its end."""

    def __init__(self, file: IO[bytes], name: str, progress: Progress) -> None:
        super().__init__(file, name)
        self._source = file
        self.digest = hashlib.sha256()
        self.sent = 0
        self._progress = progress

    def seekable(self) -> bool:
        """No: what is read twice would be hashed twice."""
        return False

    def read(self, size: int = -1) -> bytes:
        """The next bytes. That they cannot be read is another fault than that they cannot be written."""
        try:
            chunk = self._source.read(size)
        except OSError as error:
            raise _unreadable(self.name or "", error) from error
        self.digest.update(chunk)
        before, self.sent = self.sent, self.sent + len(chunk)
        if before // _BETWEEN_PROGRESS != self.sent // _BETWEEN_PROGRESS:
            self._progress(self.sent)
        return chunk

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        while chunk := self.read(chunk_size or _CHUNK):
            yield chunk
