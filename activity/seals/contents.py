"""What is signed of seals, keys and dropped months, out of their rows (A5); its forms are those of `verify.py`."""

from typing import Any

from activity.models.seals import OPERATOR, DroppedMonth, Seal, SealKey
from activity.seals.rows import instant


def chain_name(partner: Any) -> str:
    """The public id of the chain's partner; the operator's chain has a word."""
    return str(partner.public_id) if partner else OPERATOR


def content_of(seal: Seal, chain: str) -> dict[str, Any]:
    """What is hashed and signed of a seal."""
    return {
        "chain": chain,
        "number": seal.number,
        "first": seal.first,
        "last": seal.last,
        "month": f"{seal.month:%Y-%m}",
        "earliest": instant(seal.earliest),
        "latest": instant(seal.latest),
        "rows": bytes(seal.rows).hex(),
        "previous": bytes(seal.previous).hex(),
        "sealed_at": instant(seal.sealed_at),
        "key": seal.key_id,
    }


def introductions() -> list[dict[str, Any]]:
    """Every key there was, in the order of their introductions, with what was signed then and by whom."""
    return [
        {
            "key": key.fingerprint,
            "previous": key.previous,
            "introduced_at": instant(key.introduced_at),
            "public_key": bytes(key.public_key).hex(),
            "by_key": bytes(key.by_key).hex(),
            "by_previous": bytes(key.by_previous).hex(),
        }
        for key in SealKey.objects.all()
    ]


def dropping_of(dropped: DroppedMonth, chain: str) -> dict[str, Any]:
    """What is signed of the rows that retention dropped."""
    return {
        "chain": chain,
        "month": f"{dropped.month:%Y-%m}",
        "rows": dropped.rows,
        "digest": bytes(dropped.digest).hex(),
        "dropped_at": instant(dropped.dropped_at),
        "dropped_by": dropped.dropped_by,
        "key": dropped.key_id,
    }
