"""Sealed rows as feeds give them out, in the order of their positions (A6).

Only what has a position is given out, and a position is given when nobody can write a row before it any more: who goes
on behind the last one that it has seen misses none.
"""

from dataclasses import dataclass
from typing import Any

from activity.models import DroppedMonth, Seal, SealedRow
from activity.seals.rows import SealedLine, facts_of, sealed_lines


@dataclass(frozen=True)
class Stretch:
    """Rows behind a place: the last position that was looked at, and which ones before them retention dropped."""

    items: list[dict[str, Any]]
    last: int
    last_hash: bytes
    dropped: tuple[int, int] | None = None


def head_position(partner_id: int) -> int:
    """The position of the newest sealed row; 0 where there is none."""
    head = Seal.objects.head_of(partner_id)
    return head.last if head else 0


def hash_at(partner_id: int, position: int) -> bytes:
    """The hash of the row at `position`; nothing before the first one."""
    place = SealedRow.objects.filter(partner=partner_id, position=position).first()
    return bytes(place.hash) if place else b""


def item_of(line: SealedLine) -> dict[str, Any]:
    """What a feed tells of a row: all that is hashed of it but where it lies in the database, and its address."""
    if line.row is None:
        return {"position": line.place.position, "gone": True}  # verify_activity says why
    facts = facts_of(line.row, line.place.position, line.place.salt)
    del facts["origin"]
    return {**facts, "address": line.address or None}


def stretch_after(partner_id: int, position: int, size: int) -> Stretch:
    """The next rows of a chain behind `position`, at most `size`; what retention dropped is passed over and told."""
    found = _stretch(partner_id, position, size)
    if any("gone" in item for item in found.items):  # retention came between the two queries
        found = _stretch(partner_id, position, size)
    return found


def _stretch(partner_id: int, position: int, size: int) -> Stretch:
    head = head_position(partner_id)
    if position >= head:
        return Stretch([], head, hash_at(partner_id, head))
    kept = _next_kept(partner_id, position + 1)
    if kept is None:
        return Stretch([], head, hash_at(partner_id, head), (position + 1, head))
    first = max(kept.first, position + 1)
    last = min(first + size - 1, head, *_before_dropped(kept, first + size - 1))
    dropped = (position + 1, first - 1) if first > position + 1 else None
    lines = list(sealed_lines(partner_id, first, last))
    return Stretch([item_of(line) for line in lines], last, lines[-1].hash, dropped)


def _next_kept(partner_id: int, position: int) -> Seal | None:
    """The first seal over that position or a later one whose month was not dropped."""
    seals = Seal.objects.filter(partner=partner_id)
    over = seals.filter(first__lte=position).order_by("-first").first()
    assert over is not None  # the first seal of a chain begins with position 1
    return seals.filter(number__gte=over.number).exclude(month__in=_dropped(partner_id)).order_by("number").first()


def _before_dropped(kept: Seal, last: int) -> list[int]:
    """The position before the next dropped row up to `last`, if there is one."""
    behind = Seal.objects.filter(partner=kept.partner_id, number__gt=kept.number, first__lte=last)
    gone = behind.filter(month__in=_dropped(kept.partner_id)).order_by("number").first()
    return [gone.first - 1] if gone else []


def _dropped(partner_id: int | None) -> Any:
    return DroppedMonth.objects.filter(partner=partner_id).values("month")
