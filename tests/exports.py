"""Exports of the log in tests: many rows at once, and files read back as others read them."""

import csv
import io
import json

from django.db import connection

_MANY = """
    INSERT INTO activity_event (occurred_at, partner_id, action, actor_kind, actor_id, actor_name, customer_id,
        customer_name, product_id, product_name, order_number, purchase_id, key_last_five, key_hash, key_hash_key_id,
        link_id, link_made_by, details, ip_commitment)
    SELECT timestamptz '2020-01-24 00:00Z' + number * interval '1 second', %s, 'key_revealed', 'user',
        gen_random_uuid(), '자전거' || number || '@partner.example', gen_random_uuid(), '上海晨星科技有限公司',
        'DG7GMGF0DWTL:0002', 'Windows Server 2019 Standard', 'ABCDEFGHJK', gen_random_uuid(), 'ABCDE', '', '',
        NULL, '', '{}', ''
    FROM generate_series(1, %s) AS number
"""


def write_rows(partner, count):
    """Write so many rows into a partner's chain, a second after the other from 24 January 2020 on."""
    with connection.cursor() as cursor:
        cursor.execute(_MANY, [partner.pk, count])


def read_csv(content):
    """The rows of a CSV file, by the names of their columns."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def read_json_lines(content):
    return [json.loads(line) for line in content.decode().split("\n") if line]
