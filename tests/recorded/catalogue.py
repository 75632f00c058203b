"""What the operator keeps: catalogue, prices, builds, key pools, taxes, markets, policies (M1 to M8, C1)."""

from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet
from django.core.management import call_command

from activity.models import Action
from activity.services import Actor
from software import services
from software.models import CancellationPolicy, MarketRestriction, PolicyVersion, TaxRate
from tests.factories import add_keys, buy_line, make_build, make_sku
from tests.recorded.operator_forms import by_command, by_keeper, form
from tests.recorded.registry import Call, Row, record_nothing, records, system
from tests.recorded.world import World

CHANGED = by_keeper(Action.CATALOGUE_CHANGED)
RATE = {"market": "KR", "name": "부가가치세", "rate": Decimal("0.1"), "included_in_price": False}
PRICES = Path(__file__).parent.parent / "data" / "software_price_list_2020-02.csv"


@records("software.services.catalogue.change_product", "operator: software_product_change", rows=[CHANGED])
def _change_product(world: World) -> Call:
    return form(world, "software_product_change", make_sku().product.pk, family="Windows Server 제품군")


@records("software.services.catalogue.change_sku", "operator: software_sku_change", rows=[CHANGED])
def _change_sku(world: World) -> Call:
    sku = make_sku()
    given = {"key_issue": sku.key_issue, "cancellation_policy": sku.cancellation_policy, "low_water": 7}
    return form(world, "software_sku_change", sku.pk, **given)


@records("software.services.markets.add_tax_rate", "operator: software_taxrate_add", rows=[CHANGED])
def _add_rate(world: World) -> Call:
    return form(world, "software_taxrate_add", **RATE, valid_from="2020-02-01")


@records("software.services.markets.change_tax_rate", "operator: software_taxrate_change", rows=[CHANGED])
def _change_rate(world: World) -> Call:
    rate = TaxRate.objects.create(**RATE, valid_from=date(2020, 2, 1))
    return form(world, "software_taxrate_change", rate.pk, **{**RATE, "rate": "0.2"}, valid_from="2020-02-01")


@records("software.services.markets.add_restriction", "operator: software_marketrestriction_add", rows=[CHANGED])
def _add_restriction(world: World) -> Call:
    return form(world, "software_marketrestriction_add", market="US", valid_from="2020-02-01")


@records("software.services.markets.change_restriction", "operator: software_marketrestriction_change", rows=[CHANGED])
def _change_restriction(world: World) -> Call:
    row = MarketRestriction.objects.create(market="US", valid_from=date(2020, 2, 1))
    given = {"market": "US", "valid_from": "2020-02-01", "valid_to": "2020-03-01"}
    return form(world, "software_marketrestriction_change", row.pk, **given)


@records("software.services.policies.add_policy_version", "operator: software_policyversion_add", rows=[CHANGED])
def _add_version(world: World) -> Call:
    given = {"policy": CancellationPolicy.SELF_SERVICE, "window_days": 30, "valid_from": "2020-02-01"}
    return form(world, "software_policyversion_add", **given)


@records(
    "software.services.policies.withdraw_policy_version", "operator: software_policyversion_withdraw", rows=[CHANGED]
)
def _withdraw_version(world: World) -> Call:
    values = {"policy": CancellationPolicy.SELF_SERVICE, "version": 9, "window_days": 30}
    version = PolicyVersion.objects.create(**values, valid_from=date(2999, 1, 1))  # by the clock of PostgreSQL too
    return form(world, "software_policyversion_withdraw", version.pk)


def _build_file(world: World) -> Path:
    return world.file("服务器.iso", "the bytes of a build")


@records(
    "software.services.imports.builds.import_build",
    "operator: software_build_add",
    rows=[by_keeper(Action.BUILD_IMPORTED)],
)
def _add_build(world: World) -> Call:
    named = {"version": "2022", "language": "ko", "file_type": "ISO x64"}
    return form(world, "software_build_add", product=make_sku().product.pk, file=_build_file(world), **named)


@records("manage.py import_build", rows=[by_command(Action.BUILD_IMPORTED, "import_build")])
def _import_build(world: World) -> Call:
    named = {"version": "2022", "language": "ko", "file_type": "ISO x64"}
    return partial(call_command, "import_build", _build_file(world), product=make_sku().product.product_id, **named)


@records(
    "software.services.imports.builds.replace_build_file",
    "operator: software_build_change",
    rows=[by_keeper(Action.BUILD_IMPORTED)],
)
def _replace_build(world: World) -> Call:
    return form(world, "software_build_change", make_build(make_sku().product).pk, file=_build_file(world))


def _keys_file(world: World) -> Path:
    """A key for a line that waits, and one more."""
    sku = make_sku()
    buy_line(world.agent, world.customer, sku)
    ids = f"{sku.product.product_id},{sku.sku_id}"
    rows = [f"{ids},K7QXR-2M9TB-WFD4H-8PJVC-6YN3G", f"{ids},AB12C-DE34F-GH56J-KL78M-NP90Q"]
    return world.file("keys.csv", "\n".join(["ProductId,SkuId,ProductKey", *rows]))


ALLOTTED = Row(Action.KEYS_ALLOTTED, system("import_keys"))


@records(
    "software.services.imports.keys.import_keys",
    "operator: software_productkey_import",
    rows=[by_keeper(Action.KEYS_IMPORTED), ALLOTTED],
)
def _load_keys(world: World) -> Call:
    return form(world, "software_productkey_import", file=_keys_file(world))


@records("manage.py import_keys", rows=[by_command(Action.KEYS_IMPORTED, "import_keys"), ALLOTTED])
def _import_keys(world: World) -> Call:
    return partial(call_command, "import_keys", _keys_file(world))


@records(
    "software.services.imports.prices.import_price_list",
    "operator: software_price_import",
    rows=[by_keeper(Action.PRICE_LIST_IMPORTED)],
)
def _load_new_titles(world: World) -> Call:
    """Prices that stand already, under other titles of their products."""
    services.import_price_list(PRICES, actor=Actor.system("test"))
    retitled = PRICES.read_text(encoding="utf-8").replace("Windows Server Standard,", "Windows Server 표준판,")
    return form(world, "software_price_import", file=world.file("prices.csv", retitled))


@records("manage.py import_price_list", rows=[by_command(Action.PRICE_LIST_IMPORTED, "import_price_list")])
def _import_prices(world: World) -> Call:
    return partial(call_command, "import_price_list", PRICES, stderr=world.nowhere, stdout=world.nowhere)


@records(
    "software.services.imports.tax_rates.import_tax_rates",
    "manage.py import_tax_rates",
    rows=[by_command(Action.TAX_RATES_IMPORTED, "import_tax_rates")],
)
def _import_rates(world: World) -> Call:
    rows = ["Market,Name,Rate,Included,ValidFrom", "KR,부가가치세,0.1,no,2020-02-01", "CN,增值税,0.06,no,2020-02-01"]
    return partial(call_command, "import_tax_rates", world.file("rates.csv", "\n".join(rows)))


@records(
    "software.services.rotation.rotate_keys",
    "manage.py rotate_keys",
    rows=[by_command(Action.KEYS_ROTATED, "rotate_keys")],
)
def _rotate(world: World) -> Call:
    add_keys(make_sku(), 3)
    world.settings.KEY_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *world.settings.KEY_ENCRYPTION_KEYS]
    return partial(call_command, "rotate_keys", stdout=world.nowhere)


record_nothing(
    "only looks, by the last five characters",
    "operator: software_productkey_find",
)
record_nothing(
    "only looks",
    "software.services.markets.check_rate",
    "software.services.policies.refusal_to_withdraw",
)
record_nothing(
    "part of a change of the catalogue, and what records it",
    "software.services.catalogue.record_change",
    "software.services.catalogue.save_changes",
)
record_nothing(
    "part of a price list: import_price_list records it",
    "software.services.imports.listed_skus.take_skus",
)
