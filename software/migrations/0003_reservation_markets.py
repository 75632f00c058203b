"""The markets in which Azure reservations are not sold (M2), from the list that came into force on 2019-11-30."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

from django.db import migrations

LIST = Path(__file__).parent.parent / "data" / "azure_reservation_unavailable_markets.csv"


def add(apps: Any, schema_editor: Any) -> None:
    """One row per country code; several names of the list share a code (M2)."""
    restrictions = apps.get_model("software", "MarketRestriction").objects.using(schema_editor.connection.alias)
    with LIST.open(encoding="utf-8", newline="") as file:
        starts = {row["country"]: date.fromisoformat(row["valid_from"]) for row in csv.DictReader(file)}
    for market, valid_from in sorted(starts.items()):
        restrictions.create(market=market, valid_from=valid_from)


def remove(apps: Any, schema_editor: Any) -> None:
    apps.get_model("software", "MarketRestriction").objects.using(schema_editor.connection.alias).all().delete()


class Migration(migrations.Migration):
    dependencies = (("software", "0002_policy_versions"),)
    operations = (migrations.RunPython(add, remove),)
