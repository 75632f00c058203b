import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("software", "0003_reservation_markets")]

    operations = [
        # The database's own default first: it gives each row that is there an id of its own.
        migrations.AddField(
            "productkey", "public_id", models.UUIDField(db_default=RandomUUID(), editable=False, unique=True)
        ),
        migrations.AlterField(
            "productkey", "public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
        ),
    ]
