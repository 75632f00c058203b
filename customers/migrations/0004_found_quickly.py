"""Indexes of the list's order and of the parts of names; pg_trgm comes with PostgreSQL, a database's owner may add it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models
from django.db.models.functions import Lower, Upper


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_changes_counted")]

    operations = [
        TrigramExtension(),
        migrations.AlterModelOptions(name="customer", options={"ordering": (Lower("company_name"), "pk")}),
        migrations.RemoveIndex(model_name="customer", name="customers_by_name"),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(models.F("partner"), Lower("company_name"), models.F("id"), name="customers_in_order"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(OpClass(Upper("company_name"), "gin_trgm_ops"), name="customers_name_parts"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=GinIndex(OpClass(Upper("primary_domain"), "gin_trgm_ops"), name="customers_domain_parts"),
        ),
    ]
