"""A sealed export: rows with all that proves them, in one zip file that `verify.py` checks anywhere (A5).

Laid out like this, a line for each row, seal and record; written in one pass, in memory that does not grow:

    manifest.json, manifest.sig     what was asked for, by whom, and where each chain ends; signed
    keys.json                       the public keys, each with its introduction
    chains/CHAIN/rows.jsonl         rows by position; one that is left out with its hash only
    chains/CHAIN/seals.jsonl        every seal of the chain, from the first to the head
    chains/CHAIN/dropped.jsonl      what retention dropped
    verify.py, README.txt
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from activity import verify
from activity.models import DroppedMonth, EventQuerySet, Seal
from activity.seals.contents import chain_name, content_of, dropping_of, introductions
from activity.seals.keys import SigningKey, signing_key
from activity.seals.program import PROGRAM
from activity.seals.rows import SealedLine, addresses_kept_from, facts_of, instant, sealed_lines
from activity.seals.sealing import hold_sealing
from activity.services import Actor

WINDOW = 2000  # positions that are read at a time
EXPORTER = Actor.system("export_activity")
_README = """This is an export of the activity log with what proves it.

    python3 verify.py --key FINGERPRINT --head HASH .

says whether every row stands as it was written. Take the fingerprint of the key and the hash of a seal from where you
noted them: the portal shows both below the log, mails them each month and prints them on certificates. rows.jsonl
holds the rows; each line that has no "row" stands for one that was left out.
"""
_NOT_SEALED = """
    SELECT count(*) FROM activity_event event LEFT JOIN activity_epoch epoch
        ON epoch.system_identifier = event.server_epoch
    WHERE event.partner_id {partner} AND event.occurred_at >= %s AND event.occurred_at < %s
      AND (epoch.id IS NULL OR (event.xid, event.id) > (epoch.xid::text::xid8, epoch.event_id))
"""
Tell = Callable[[int], object]


@dataclass(frozen=True)
class Asked:
    """Which rows of which chains an export is to hold: those of some days, all of them or those of `events`."""

    partners: list[Any]  # of the chains; None is the operator's
    start: datetime
    end: datetime  # the first instant after them
    made_by: str
    events: EventQuerySet | None = None  # None is all: only then the export can prove that none is missing
    query: dict[str, str] = field(default_factory=dict)


@dataclass
class Written:
    """How many rows a chain's part of an export holds, and how many it leaves out."""

    rows: int = 0
    left_out: int = 0


def write_bundle(out: IO[bytes], asked: Asked, tell: Tell = lambda rows: None) -> Written:
    """Write the export to `out`, a file that need not be read or sought; `tell` how many positions are done.

    Only what is sealed is in it: seal first. Run it again if it was interrupted.
    """
    total = Written()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        chains = [_write_chain(archive, partner, asked, total, tell) for partner in asked.partners]
        key = _signing_key()
        manifest = _manifest(asked, chains, key)
        _write_text(archive, verify.KEYS, _pretty(introductions()))
        _write_text(archive, verify.MANIFEST, _pretty(manifest))
        _write_text(archive, verify.SIGNATURE, key.sign(verify.manifest_message(manifest)).hex())
        archive.writestr("verify.py", PROGRAM)
        _write_text(archive, "README.txt", _README)
    return total


@transaction.atomic
def _signing_key() -> SigningKey:
    hold_sealing()
    return signing_key(actor=EXPORTER)


def _manifest(asked: Asked, chains: list[dict[str, Any]], key: SigningKey) -> dict[str, Any]:
    return {
        "format": verify.FORMAT,
        "made_at": instant(timezone.now()),
        "made_by": asked.made_by,
        "from": instant(asked.start),
        "to": instant(asked.end),
        "complete": asked.events is None,
        "query": asked.query,
        "addresses_since": instant(addresses_kept_from()),
        "key": key.fingerprint,
        "chains": chains,
    }


def _write_chain(archive: zipfile.ZipFile, partner: Any, asked: Asked, total: Written, tell: Tell) -> dict[str, Any]:
    """Write one chain, and answer what the manifest says of it."""
    chain, file = _Chain(partner, asked), hashlib.sha256()
    with _lines(archive, chain.name, "rows", file.update) as write:
        for line in chain.rows():
            write(line)
            tell(total.rows + chain.written.rows + total.left_out + chain.written.left_out)
    with _lines(archive, chain.name, "seals") as write:
        for seal in chain.seals.iterator(chunk_size=WINDOW):
            write({"content": content_of(seal, chain.name), "signature": bytes(seal.signature).hex()})
    with _lines(archive, chain.name, "dropped") as write:
        for dropped in DroppedMonth.objects.filter(partner=partner).order_by("month"):
            write({"content": dropping_of(dropped, chain.name), "signature": bytes(dropped.signature).hex()})
    total.rows, total.left_out = total.rows + chain.written.rows, total.left_out + chain.written.left_out
    return {**chain.about, "rows_sha256": file.hexdigest()}


class _Chain:
    """What an export holds of one chain: the rows under every seal that has rows of its days, and of those between."""

    def __init__(self, partner: Any, asked: Asked) -> None:
        self.partner_id, self.name = partner and partner.pk, chain_name(partner)
        self.legal_name = partner.legal_name if partner else ""
        self.asked, self.written = asked, Written()
        self.head = Seal.objects.head_of(self.partner_id)
        self.seals = Seal.objects.of_chain(self.partner_id).filter(number__lte=self.head.number if self.head else 0)
        covered = self.seals.filter(earliest__lt=asked.end, latest__gte=asked.start).order_by()
        span = covered.aggregate(first=Min("first"), last=Max("last"))
        self.first, self.last = span["first"] or 1, span["last"] or 0

    @property
    def about(self) -> dict[str, Any]:
        """What the manifest says of it, once its rows are written."""
        return {
            "chain": self.name,
            "name": self.legal_name,
            "first": self.first,
            "last": self.last,
            "rows": self.written.rows,
            "left_out": self.written.left_out,
            "not_sealed_yet": self._not_sealed_yet(),
            "seals": self.head.number if self.head else 0,
            "head": self.head.head if self.head else verify.NO_SEAL,
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """A line for each position, some thousand at a time."""
        for first in range(self.first, self.last + 1, WINDOW):
            lines = list(sealed_lines(self.partner_id, first, min(first + WINDOW - 1, self.last)))
            wanted = self._wanted(lines)
            for line in lines:
                yield self._line(line, wanted=wanted is None or line.event_id in wanted)

    def _wanted(self, lines: list[SealedLine]) -> set[int] | None:
        """The events of these lines that were asked for; None is all of them."""
        if self.asked.events is None:
            return None
        rows = [line.row for line in lines if line.row is not None]
        if not rows:
            return set()
        times = [row.occurred_at for row in rows]
        found = self.asked.events.filter(pk__in=[row.id for row in rows])
        return set(found.filter(occurred_at__range=(min(times), max(times))).values_list("pk", flat=True))

    def _line(self, line: SealedLine, *, wanted: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"position": line.place.position, "hash": line.hash.hex()}
        if not wanted or line.row is None:
            self.written.left_out += 1
            return told | _why_left_out(line)
        self.written.rows += 1
        told |= {"salt": line.place.salt.hex(), "row": facts_of(line.row, line.place.position, line.place.salt)}
        if line.address:
            told |= {"address": line.address, "address_salt": line.address_salt.hex()}
        return told

    def _not_sealed_yet(self) -> int:
        """How many rows of these days no seal covers yet."""
        partner = "IS NULL" if self.partner_id is None else "= %s"
        given = [*([] if self.partner_id is None else [self.partner_id]), self.asked.start, self.asked.end]
        with connection.cursor() as cursor:
            cursor.execute(_NOT_SEALED.format(partner=partner), given)
            counted: int = cursor.fetchone()[0]
        return counted


def _why_left_out(line: SealedLine) -> dict[str, str]:
    """A row that does not stand as it was sealed is told of, also where it was not asked for, or no longer looks so."""
    if line.row is None:
        return {"was": "removed"}
    return {} if line.place.hash_of(line.row) == line.hash else {"was": "changed"}


@contextmanager
def _lines(
    archive: zipfile.ZipFile, chain: str, kind: str, written: Callable[[bytes], object] = lambda line: None
) -> Iterator[Callable[[dict[str, Any]], object]]:
    """A file of a chain that takes an object a line; `written` is given each of them as it stands there."""

    def write(line: dict[str, Any]) -> None:
        text = verify.canonical(line) + b"\n"
        file.write(text)
        written(text)

    with archive.open(f"{verify.CHAINS}/{chain}/{kind}.jsonl", "w", force_zip64=True) as file:
        yield write


def _write_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(name, text.encode())


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
