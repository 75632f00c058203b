from typing import Any

from django.db import migrations


def name_the_end(apps: Any, schema_editor: Any) -> None:
    """Until now a session was closed by a revocation only."""
    sessions = apps.get_model("software", "DownloadSession").objects.using(schema_editor.connection.alias)
    sessions.filter(closed_at__isnull=False).update(end="revoked")


def forget_the_end(apps: Any, schema_editor: Any) -> None:
    """A session that is closed was revoked, as far as the model before knew."""
    sessions = apps.get_model("software", "DownloadSession").objects.using(schema_editor.connection.alias)
    sessions.update(end="")


class Migration(migrations.Migration):
    dependencies = [
        ("software", "0004_exact_links"),
    ]

    operations = [
        migrations.RunPython(name_the_end, forget_the_end),
    ]
