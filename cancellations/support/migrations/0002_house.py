"""Opening hours, and how soon a request of each impact is due, to begin with: the operator changes them (S5)."""

from datetime import time
from typing import Any

from django.db import migrations

WORKING_DAYS = range(5)  # Monday to Friday
OPENS, CLOSES = time(9), time(17, 30)
TARGETS = (("critical", 4), ("moderate", 8), ("minimal", 24))  # business hours


def add(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    spans = apps.get_model("support", "OpeningSpan").objects.using(alias)
    for weekday in WORKING_DAYS:
        spans.create(weekday=weekday, opens=OPENS, closes=CLOSES)
    targets = apps.get_model("support", "ResponseTarget").objects.using(alias)
    for impact, hours in TARGETS:
        targets.create(impact=impact, hours=hours)


class Migration(migrations.Migration):
    dependencies = (("support", "0001_initial"),)
    operations = (migrations.RunPython(add, migrations.RunPython.noop),)
