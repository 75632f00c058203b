"""The first version of each cancellation policy (C1): 60 days, or never."""

from datetime import date
from typing import Any

from django.db import migrations

FIRST = (("self_service", 60), ("support_only", 60), ("never", None))


def add(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("software", "PolicyVersion").objects.using(schema_editor.connection.alias)
    for policy, window_days in FIRST:
        versions.create(policy=policy, version=1, window_days=window_days, valid_from=date(2000, 1, 1))


def remove(apps: Any, schema_editor: Any) -> None:
    versions = apps.get_model("software", "PolicyVersion").objects.using(schema_editor.connection.alias)
    versions.filter(version=1).delete()


class Migration(migrations.Migration):
    dependencies = (("software", "0001_initial"),)
    operations = (migrations.RunPython(add, remove),)
