from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_found_quickly")]

    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                models.F("partner"),
                models.F("market"),
                Lower("company_name"),
                models.F("id"),
                name="customers_in_market",
            ),
        ),
    ]
