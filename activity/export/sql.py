"""The rows of the log as PostgreSQL's COPY writes them: those of the page, in its order (A2).

The cells are made by the database, for Python would take five times as long. So what a spreadsheet would run as a
formula is made harmless here too, by the same rule as `csp_portal.csv_files.safe_text`.
"""

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from activity.models import MADE_THE_LINK, OPERATOR, SAW_THE_KEY, USED_THE_LINK, Action, ActorKind, EventQuerySet
from csp_portal.csv_files import BEGINS_CELL, BEGINS_FORMULA, BYTE_ORDER_MARK

_SPACE = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())  # what Python strips
_ROWS = """
    SELECT {cells}
    FROM ({events}) AS event
    CROSS JOIN LATERAL (SELECT {who} AS name, {what} AS what) AS told
    LEFT JOIN accounts_partner partner ON partner.id = event.partner_id
    LEFT JOIN activity_address address ON address.event_id = event.id AND address.occurred_at = event.occurred_at
    LEFT JOIN activity_sealedrow sealed ON sealed.event_id = event.id AND sealed.occurred_at = event.occurred_at
    ORDER BY event.occurred_at DESC, event.id DESC
"""
_NONE = "SELECT * FROM activity_event WHERE false"
# Signs that JSON never holds as they are, so that COPY leaves each line as it is.
_LINES_AS_THEY_ARE = r"(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')"

_UTC = "event.occurred_at AT TIME ZONE 'UTC'"
_INSTANT = f"""to_char({_UTC}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
_FOR_SPREADSHEETS = f"to_char({_UTC}, 'YYYY-MM-DD HH24:MI:SS')"
_CHAIN = f"coalesce(partner.public_id::text, '{OPERATOR}')"
_ADDRESS = "host(address.address)"
_AS_KEPT = (
    *("action", "actor_kind", "actor_id", "actor_name", "customer_id", "customer_name", "product_id", "product_name"),
    *("order_number", "purchase_id", "key_last_five", "link_id", "link_made_by"),
)


def copy_csv(events: EventQuerySet) -> str:
    """The statement that writes `events` as CSV, the newest first; its heads are `csv_head`."""
    cells = ", ".join(cell for _name, cell in _csv_columns())
    return f"COPY ({_rows(events, cells)}) TO STDOUT (FORMAT csv)"


def csv_head() -> bytes:
    """The first line, in the reader's language, after the mark by which spreadsheets know UTF-8."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([str(name) for name, _cell in _csv_columns()])
    return f"{BYTE_ORDER_MARK}{line.getvalue()}".encode()


def copy_json_lines(events: EventQuerySet) -> str:
    """The statement that writes `events` as JSON, an object a line, the newest first; nothing is changed in them."""
    cells = ", ".join(f"{cell} AS {name}" for name, cell in _json_members())
    objects = f"SELECT row_to_json(line) FROM ({_rows(events, cells)}) AS line"  # noqa: S608 - values are literals
    return f"COPY ({objects}) TO STDOUT {_LINES_AS_THEY_ARE}"


def safe(text: str) -> str:
    """An SQL expression for the text of `text`, such that a spreadsheet shows it: `safe_text`, in the database.

    Where there is none, the cell is empty.
    """
    first, first_sign = f"left({text}, 1)", f"left(ltrim({text}, {_literal(_SPACE)}), 1)"
    formula = f"{first} = ANY ({_literal([*BEGINS_CELL])}) OR {first_sign} = ANY ({_literal([*BEGINS_FORMULA])})"
    return f"nullif(CASE WHEN {formula} THEN '''' || {text} ELSE {text} END, '')"


def _rows(events: EventQuerySet, cells: str) -> str:
    kinds = {kind.value: str(kind.label) for kind in ActorKind}
    actions = {action.value: str(action.label) for action in Action}
    return _ROWS.format(
        cells=cells,
        events=_select(events),
        who=f"coalesce(nullif(event.actor_name, ''), {_label('event.actor_kind', kinds)})",
        what=_label("event.action", actions),
    )


def _select(events: EventQuerySet) -> str:
    """The statement of the queryset, its parameters in it: COPY takes none."""
    try:
        statement, parameters = events.order_by().query.sql_with_params()
    except EmptyResultSet:  # of a reader who sees nothing
        return _NONE
    return _composed(statement, parameters)


def _csv_columns() -> list[tuple[str | Promise, str]]:
    """The columns, called as on the page, each with the expression for its cell."""
    return [
        (_("Time"), _INSTANT),
        (_("Time for spreadsheets (UTC)"), _FOR_SPREADSHEETS),
        (_("User"), safe("told.name")),
        (_("What"), safe("told.what")),
        (_("Reason"), safe("(event.details ->> 'reason')")),
        (_("Customer"), safe("event.customer_name")),
        (_("Tenant GUID"), "event.customer_id"),
        (_("Product"), safe("event.product_name")),
        (_("Product id"), safe("event.product_id")),
        (_("Order number"), safe("event.order_number")),
        (_("Subscription id"), "event.purchase_id"),
        (_("Key (last five)"), safe("event.key_last_five")),
        (_("Link"), "event.link_id"),
        (_("Saw the key"), safe(_saw_the_key())),
        (_("Made the link"), safe(_made_the_link())),
        (_("Used the link"), safe(_used_the_link())),
        (_("IP address"), _ADDRESS),
        (_("Action"), safe("event.action")),
        (_("Details"), safe("event.details::text")),
        (_("Chain"), _CHAIN),
        (_("Position"), "sealed.position"),
    ]


def _json_members() -> Iterable[tuple[str, str]]:
    """The names in an object, those of the log's own columns, each with the expression for its value."""
    yield from (("occurred_at", _INSTANT), ("what", "told.what"))
    yield from ((name, f"event.{name}") for name in _AS_KEPT)
    yield from (("saw_the_key", _saw_the_key()), ("made_the_link", _made_the_link()))
    yield from (("used_the_link", _used_the_link()), ("address", _ADDRESS), ("details", "event.details"))
    yield from (("chain", _CHAIN), ("position", "sealed.position"))


def _saw_the_key() -> str:
    return f"(CASE WHEN {_is_one_of(SAW_THE_KEY)} THEN told.name ELSE '' END)"


def _made_the_link() -> str:
    return f"(CASE WHEN {_is_one_of(MADE_THE_LINK)} THEN told.name ELSE event.link_made_by END)"


def _used_the_link() -> str:
    return f"(CASE WHEN {_is_one_of(USED_THE_LINK)} THEN told.name ELSE '' END)"


def _is_one_of(actions: Iterable[Action]) -> str:
    return f"event.action = ANY ({_literal(sorted(action.value for action in actions))})"


def _label(column: str, labels: dict[str, str]) -> str:
    """What a reader is told of a code; the code itself if it has no label here."""
    return f"coalesce({_literal(json.dumps(labels))}::jsonb ->> {column}, {column})"


def _literal(value: Any) -> str:
    """`value` as it stands in a statement."""
    return _composed("%s", [value])


def _composed(statement: str, parameters: Any) -> str:
    operations: Any = connection.ops  # PostgreSQL's
    return str(operations.compose_sql(statement, parameters))
