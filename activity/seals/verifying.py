"""Checking the whole log against its seals, in the database, in memory that does not grow with the rows (A5)."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from activity.models.seals import OPERATOR, DroppedMonth, Epoch, Seal, SealedRow
from activity.seals.contents import content_of, dropping_of, introductions
from activity.seals.keys import signing_keys
from activity.seals.rows import LoggedRow, SealedLine, addresses_kept_from, instant, sealed_lines
from activity.verify import (
    NO_SEAL,
    MonthDigest,
    RowsDigest,
    Signers,
    address_fault,
    dropped_message,
    seal_hash,
    seal_message,
)
from csp_portal.snapshot import one_snapshot

MOST_NAMED = 20
_NOWHERE = (0, 0)
WINDOW = 5000  # positions that are read at a time, at least
_ADDED = """
    SELECT event.id, event.occurred_at FROM activity_event event
    WHERE event.server_epoch = %s AND (event.xid, event.id) <= (%s::text::xid8, %s)
      AND NOT EXISTS (SELECT FROM activity_sealedrow sealed
                      WHERE sealed.event_id = event.id AND sealed.occurred_at = event.occurred_at)
    ORDER BY event.id LIMIT %s
"""
# Numbers of transactions that there have not been yet: the sealer, who goes by them, would never come to such a row.
_AHEAD = """
    SELECT id, occurred_at FROM activity_event
    WHERE server_epoch = (SELECT system_identifier FROM pg_control_system())
      AND xid >= pg_snapshot_xmax(pg_current_snapshot())
    ORDER BY xid, id LIMIT %s
"""
Tell = Callable[[int], object]


@dataclass
class Verification:
    """What was gone through, and what did not hold, in the order in which it was found."""

    rows: int = 0
    seals: int = 0
    dropped: int = 0
    findings: list[str] = field(default_factory=list)
    more: int = 0  # findings beyond those
    ends: dict[int, tuple[int, int]] = field(
        default_factory=dict
    )  # transaction and id of each server's last sealed row

    def find(self, finding: str) -> None:
        """Note what does not hold; the first ones are named, the others counted."""
        if len(self.findings) < MOST_NAMED:
            self.findings.append(finding)
        else:
            self.more += 1

    def note_end(self, row: LoggedRow) -> None:
        """Note how far the rows of the row's server are sealed."""
        end = (row.xid, row.id)
        if end > self.ends.get(row.server_epoch, (0, 0)):
            self.ends[row.server_epoch] = end


class _Signers(Signers):
    """The same by the library that signs: a hundred times as fast."""

    def signed(self, signer: str, message: bytes, signature: str) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_keys[signer]).verify(bytes.fromhex(signature), message)
        except (KeyError, InvalidSignature):
            return False
        return True


def verify_log(tell: Tell = lambda rows: None, head: str = "") -> Verification:
    """Check every chain, row by row, and that no row stands beneath what was sealed; `tell` how many rows are done.

    `head` is the hash of a seal that was noted elsewhere: it must be there, else the end of its chain was cut off.

    The keys of the settings are trusted, and those that they vouch for. Rows that retention dropped are vouched for by
    its signed record. All of it is as it stood at one moment, whatever is sealed and dropped meanwhile.
    """
    with one_snapshot():
        return _verified(tell, head)


def _verified(tell: Tell, head: str) -> Verification:
    done = Verification()
    signers = _signers()
    for partner_id, name in _chains():
        for finding in _Chain(partner_id, name, signers, done, tell):
            done.find(f"chain {name}: {finding}")
    for finding in _servers(done):
        done.find(finding)
    if head and not Seal.objects.filter(hash=_bytes(head)).exists():
        done.find(f"no seal has the hash {head}: the end of its chain was cut off, or it is another log's")
    return done


def _bytes(hexadecimal: str) -> bytes:
    """What a hash stands for; nothing where it is none."""
    try:
        return bytes.fromhex(hexadecimal)
    except ValueError:
        return b""


def _signers() -> Signers:
    return _Signers.of(introductions(), [key.fingerprint for key in signing_keys()])


def _chains() -> list[tuple[int | None, str]]:
    """Every chain that there can be, the operator's first: one whose seals were all removed still has its rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, public_id::text FROM accounts_partner ORDER BY id")
        return [(None, OPERATOR), *cursor.fetchall()]


@dataclass(frozen=True)
class SealedMonth:
    """What stands under the seals of one month of a chain, or the first thing that does not hold."""

    rows: int
    digest: str
    fault: str


def verify_month(partner_id: int | None, name: str, month: date) -> SealedMonth:
    """Check the seals of one month of a chain, and the rows beneath them."""
    done = Verification()
    chain = _Chain(partner_id, name, _signers(), done, lambda rows: None)
    fault = next(chain.of_month(month), "")
    return SealedMonth(done.rows, chain.months.get(month, MonthDigest()).hex(), fault)


class _Chain:
    """One chain; iterating it goes through it and yields what does not hold."""

    def __init__(self, partner_id: int | None, name: str, signers: Signers, done: Verification, tell: Tell) -> None:
        self.partner_id, self.name, self.signers = partner_id, name, signers
        self.done, self.tell = done, tell
        self.months: dict[date, MonthDigest] = {}
        self.window: list[SealedLine] = []
        self.window_first, self.window_last = 1, 0  # positions that were read
        self.addresses_since = addresses_kept_from()
        self.dropped = set(DroppedMonth.objects.filter(partner=partner_id).values_list("month", flat=True))

    def __iter__(self) -> Iterator[str]:
        number, position, previous = 0, 0, NO_SEAL
        for seal in Seal.objects.of_chain(self.partner_id).iterator(chunk_size=500):
            yield from self._whole(seal, number + 1, position + 1, previous)
            number, position, previous = seal.number, seal.last, seal.head
        beyond = SealedRow.objects.filter(partner=self.partner_id, position__gt=position)
        if first := beyond.order_by("position").first():
            yield f"the seal of row {first.position} and those behind it is missing"
        yield from self._dropped()

    def of_month(self, month: date) -> Iterator[str]:
        """What does not hold of the seals of one month, each held against the one before it."""
        seals = Seal.objects.of_chain(self.partner_id)
        for seal in seals.filter(month=month).iterator(chunk_size=500):
            before = seals.filter(number=seal.number - 1).first()
            first, previous = (before.last + 1, before.head) if before else (1, NO_SEAL)
            yield from self._whole(seal, seal.number, first, previous)

    def _whole(self, seal: Seal, number: int, first: int, previous: str) -> Iterator[str]:
        """What does not hold of a seal, of its place in the chain and of its rows."""
        yield from self._place(seal, number, first, previous)
        yield from self._seal(seal)
        yield from self._rows(seal)
        self.months.setdefault(seal.month, MonthDigest()).add(seal.head)
        self.done.seals += 1
        self.tell(self.done.rows)

    def _place(self, seal: Seal, number: int, first: int, previous: str) -> Iterator[str]:
        if seal.number != number:
            yield f"seal {number} is missing: seal {seal.number} stands in its place"
        elif bytes(seal.previous).hex() != previous:
            yield f"seal {number} does not follow the one before it: one of the two was changed"
        elif seal.first != first:
            yield f"seal {number} begins with row {seal.first}, and not with row {first}"

    def _seal(self, seal: Seal) -> Iterator[str]:
        content = content_of(seal, self.name)
        message, signature = seal_message(content), bytes(seal.signature).hex()
        if seal.head != seal_hash(content):
            yield f"seal {seal.number} was changed"
        elif fault := self.signers.fault(seal.key_id, message, signature, content["sealed_at"]):
            yield f"seal {seal.number} {fault}"

    def _rows(self, seal: Seal) -> Iterator[str]:
        digest, sound, expected = RowsDigest(), True, seal.first
        for line in self._lines(seal):
            position = line.place.position
            faults = [*self._gone(expected, position), *self._faults(line, seal)]
            digest.add(position, line.hash)
            sound, expected = sound and not faults, position + 1
            yield from faults
        gone = list(self._gone(expected, seal.last + 1))
        yield from gone
        if sound and not gone and digest.hex() != bytes(seal.rows).hex():
            yield f"the hash of one of the rows {seal.first} to {seal.last} (seal {seal.number}) was changed"
        self.done.rows += seal.last - seal.first + 1

    def _lines(self, seal: Seal) -> list[SealedLine]:
        """The places under a seal, read ahead with those behind: a query for a few costs as much as for a thousand."""
        if not self.window_first <= seal.first <= seal.last <= self.window_last:
            self.window_first, self.window_last = seal.first, max(seal.last, seal.first + WINDOW - 1)
            self.window = list(sealed_lines(self.partner_id, self.window_first, self.window_last))
        start, end = (bisect_left(self.window, at, key=_position_of) for at in (seal.first, seal.last + 1))
        return self.window[start:end]

    def _gone(self, expected: int, position: int) -> Iterator[str]:
        if expected < position - 1:
            yield f"the places of the rows {expected} to {position - 1} are missing"
        elif expected < position:
            yield f"the place of row {expected} is missing"

    def _faults(self, line: SealedLine, seal: Seal) -> Iterator[str]:
        """What is wrong with the row at a place."""
        fault = self._why_gone(line, seal) if line.row is None else self._how_changed(line, line.row, seal)
        if fault:
            yield f"row {line.place.position} (event {line.event_id}) {fault}"

    def _how_changed(self, line: SealedLine, row: LoggedRow, seal: Seal) -> str:
        if line.place.hash_of(row) != line.hash:
            return "was changed"
        self.done.note_end(row)
        if not seal.earliest <= row.occurred_at <= seal.latest:
            return "is of a time that its seal does not have"
        kept = row.occurred_at > self.addresses_since
        return address_fault(line.address, line.address_salt, bytes(row.ip_commitment), kept=kept)

    def _why_gone(self, line: SealedLine, seal: Seal) -> str:
        if seal.month in self.dropped:
            self.done.dropped += 1
            return ""
        with connection.cursor() as cursor:
            cursor.execute("SELECT occurred_at FROM activity_event WHERE id = %s", [line.event_id])
            stands = cursor.fetchone()
        return f"has another time than it was sealed with: {instant(stands[0])}" if stands else "is gone"

    def _dropped(self) -> Iterator[str]:
        """Records of what retention dropped: signed, and about the seals that stand."""
        for record in DroppedMonth.objects.filter(partner=self.partner_id).order_by("month"):
            content, digest = dropping_of(record, self.name), self.months.get(record.month)
            message, signature = dropped_message(content), bytes(record.signature).hex()
            if fault := self.signers.fault(record.key_id, message, signature, content["dropped_at"]):
                yield f"the record of what was dropped of {content['month']} {fault}"
            elif digest is None or digest.hex() != content["digest"]:
                yield f"the record of what was dropped of {content['month']} is about other seals"


def _position_of(line: SealedLine) -> int:
    return line.place.position


def _servers(done: Verification) -> Iterator[str]:
    """What does not hold of how far the sealer has come on each server; its own note of that may be changed."""
    noted = {epoch.system_identifier: (epoch.xid, epoch.event_id) for epoch in Epoch.objects.all()}
    for server in sorted(done.ends.keys() | noted.keys()):
        end, place = done.ends.get(server, _NOWHERE), noted.get(server, _NOWHERE)
        if place < end:
            yield f"the sealer's place on the server {server} was set back"
        elif (
            place > end and not SealedRow.objects.filter(event_id=place[1]).exists()
        ):  # it stays when its row is dropped
            yield f"the sealer's place on the server {server} was set ahead: rows before it would never be sealed"
        for event in _named(_ADDED, server, str(max(end, place)[0]), max(end, place)[1]):
            yield f"{event} was added beneath what had been sealed"
    for event in _named(_AHEAD):
        yield f"{event} has a transaction that there has not been yet, so that it is never sealed"


def _named(statement: str, *parameters: int | str) -> list[str]:
    """The first events that a query finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, MOST_NAMED])
        return [f"event {event_id} of {instant(occurred_at)}" for event_id, occurred_at in cursor.fetchall()]
