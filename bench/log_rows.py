"""Rows of the log as they come to be in two years: of many partners, customers and actions, with addresses.

They are made by the database itself, in the order of time, so many in each stretch that is asked for.
"""

from collections.abc import Callable

from psycopg2 import sql

from bench import data
from csp_portal.accounts.models import Partner, User
from csp_portal.accounts.permissions import Role
from tests.factories import PartnerFactory, UserFactory

PARTNERS, MONTHS = 20, 24
CHUNK = 250_000  # rows in one statement
CUSTOMER, ADDRESS = "Contoso 17", "198.51.7.17"  # of which the log has some rows, as of any other

# One row in three is the first partner's, who is the one that reads. Nobody's is one in fifty.
_ROWS = """
    WITH numbered AS (
        SELECT n, hashint8extended(n, 7) & 1048575 AS a, hashint8extended(n, 8) & 1048575 AS b,
            decode(md5(n::text), 'hex') AS salt,
            set_byte(set_byte('\\xc6330000'::bytea, 2, (n % 20)::int), 3, (n % 250)::int) AS packed
        FROM generate_series({first} + 1, {last}) AS n
    ), made AS (
        INSERT INTO activity_event (occurred_at, partner_id, action, actor_kind, actor_id, actor_name, customer_id,
            customer_name, product_id, product_name, order_number, purchase_id, key_last_five, key_hash,
            key_hash_key_id, link_id, link_made_by, details, ip_commitment)
        SELECT
            now() - interval '1 minute' - {months} * interval '1 month' * (1 - (n - {since})::float8 / {rows}),
            CASE WHEN a % 50 = 0 THEN NULL WHEN a % 3 = 0 THEN ({partners})[1]
                ELSE ({partners})[2 + b % ({count} - 1)] END,
            (ARRAY['key_revealed', 'key_copied', 'download_started', 'download_started', 'download_started',
                'link_granted', 'link_renewed', 'order_placed', 'signed_in', 'log_read'])[1 + b % 10],
            CASE WHEN b % 10 BETWEEN 2 AND 4 THEN 'link_holder' ELSE 'user' END,
            CASE WHEN b % 10 BETWEEN 2 AND 4 THEN NULL ELSE md5('user' || a % 200)::uuid END,
            CASE WHEN b % 10 BETWEEN 2 AND 4 THEN '' ELSE 'agent' || a % 200 || '@partner.example' END,
            md5('customer' || n % 500)::uuid, 'Contoso ' || n % 500, 'DG7GMGF0D5RK:000' || n % 9,
            'Windows Server Standard - ' || n % 9, upper(substr(md5('order' || n % 100000), 1, 10)),
            md5('purchase' || n % 100000)::uuid, 'ABC' || n % 90 + 10,
            CASE WHEN b % 10 < 2 THEN md5(n::text) || md5(n::text) ELSE '' END,
            CASE WHEN b % 10 < 2 THEN 'k1' ELSE '' END,
            CASE WHEN b % 10 BETWEEN 2 AND 6 THEN md5('link' || n % 50000)::uuid END,
            CASE WHEN b % 10 BETWEEN 2 AND 4 THEN 'agent' || a % 200 || '@partner.example' ELSE '' END,
            jsonb_build_object('number', n), sha256(salt || packed)
        FROM numbered ORDER BY n
        RETURNING id, partner_id, occurred_at, (details ->> 'number')::bigint AS n
    )
    INSERT INTO activity_address (event_id, partner_id, occurred_at, address, salt)
    SELECT made.id, made.partner_id, made.occurred_at,
        set_masklen(('198.51.' || n % 20 || '.' || n % 250)::inet, 32), numbered.salt
    FROM made JOIN numbered USING (n)
"""
_MONTHS_BEFORE = """
    SELECT activity_make_month((now() AT TIME ZONE 'UTC' - n * interval '1 month')::date)
    FROM generate_series(0, {}) AS n
"""


def a_reader() -> User:
    """Somebody of the first of many partners who reads the log."""
    readers = [PartnerFactory.create() for _number in range(PARTNERS)]
    return UserFactory.create(partner=readers[0], roles=[Role.AUDITOR])


def make_months() -> None:
    """The partitions of the two years before."""
    data.as_superuser(sql.SQL(_MONTHS_BEFORE).format(sql.Literal(MONTHS)))


def add(reader: User, since: int, until: int, say: Callable[[str], None]) -> None:
    """Rows until there are `until`, beside `since` that are there; a third of them those of the reader's partner."""
    known = list(Partner.objects.order_by("pk").values_list("pk", flat=True))
    partners = sorted(known, key=lambda pk: pk != reader.partner_id)[:PARTNERS]
    facts = {
        "since": sql.Literal(since),
        "rows": sql.Literal(until - since),
        "months": sql.Literal(MONTHS),
        "partners": sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(map(sql.Literal, partners))),
        "count": sql.Literal(len(partners)),
    }
    for first in range(since, until, CHUNK):
        last = min(first + CHUNK, until)
        say(f"writing rows {first:,} to {last:,} of the log")
        data.as_superuser(sql.SQL(_ROWS).format(first=sql.Literal(first), last=sql.Literal(last), **facts))
    data.as_superuser(sql.SQL("VACUUM ANALYZE"))  # as autovacuum would have done it meanwhile
