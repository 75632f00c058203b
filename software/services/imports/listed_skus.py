"""Products and SKUs as a price list names them: what is new is made, what is known takes over the titles (M6)."""

from django.utils.translation import gettext as _

from csp_portal.row_files import BadFile, RowError
from software.models import CancellationPolicy, Kind, Product, Sku
from software.price_list import NumberedRow, PriceRow
from software.price_report import PriceListReport

SkuKey = tuple[str, str, str, str, str]


def take_skus(numbered: list[NumberedRow], report: PriceListReport) -> dict[SkuKey, Sku]:
    """The SKU of every row. What the operator may have edited is never overwritten.

    Raises BadFile for rows that give a product another kind than it has: keys, builds and purchases stand on it.
    """
    products = {product.product_id: product for product in Product.objects.all()}
    _check_kinds(numbered, products)
    skus: dict[SkuKey, Sku] = {_sku_key(sku): sku for sku in Sku.objects.select_related("product")}
    for row in {row.sku_key: row for _line, row in numbered}.values():
        product = products.get(row.product_id)
        if product is None:
            product = products[row.product_id] = _make_product(row)
        elif product.title != row.product_title:
            product.title = row.product_title
            product.save(update_fields=["title"])
            report.retitled += 1
        sku = skus.get(row.sku_key)
        if sku is None:
            skus[row.sku_key] = _make_sku(row, product)
            report.new_skus += 1
        else:
            _take_over(sku, row, report)
    return skus


def _check_kinds(numbered: list[NumberedRow], products: dict[str, Product]) -> None:
    kinds = {product_id: Kind(product.kind) for product_id, product in products.items()}
    errors = []
    for line, row in numbered:
        known = kinds.setdefault(row.product_id, row.kind)
        if known != row.kind:
            reason = _("Tags make %(product)s of the kind %(kind)s; it is known as %(known)s, which cannot change")
            facts = {"product": row.product_id, "kind": row.kind.label, "known": known.label}
            errors.append(RowError(line, reason % facts))
    if errors:
        raise BadFile(errors)


def _take_over(sku: Sku, row: PriceRow, report: PriceListReport) -> None:
    """Title, description, and the policy if the tags say another one than last time; it counts for new orders (C1)."""
    said = {"title": row.sku_title, "description": row.description, "listed_policy": row.policy.value}
    if sku.listed_policy not in ("", row.policy):
        before = CancellationPolicy(sku.cancellation_policy).label
        said["cancellation_policy"] = row.policy.value
        note = _(
            "%(sku)s: by its tags the cancellation policy of new orders becomes “%(policy)s”, it was “%(before)s”."
        )
        report.notes.append(note % {"sku": row.sku_title, "policy": row.policy.label, "before": before})
    changed = [name for name, value in said.items() if getattr(sku, name) != value]
    for name in changed:
        setattr(sku, name, said[name])
    if changed:
        sku.save(update_fields=changed)
        report.retitled += 1


def _sku_key(sku: Sku) -> SkuKey:
    return (sku.product.product_id, sku.sku_id, sku.term, sku.billing_plan, sku.segment)


def _make_product(row: PriceRow) -> Product:
    return Product.objects.create(
        product_id=row.product_id, title=row.product_title, publisher=row.publisher, family=row.family, kind=row.kind
    )


def _make_sku(row: PriceRow, product: Product) -> Sku:
    return Sku.objects.create(
        product=product,
        sku_id=row.sku_id,
        title=row.sku_title,
        description=row.description,
        term=row.term,
        billing_plan=row.billing_plan,
        segment=row.segment,
        listed_policy=row.policy,
        cancellation_policy=row.policy,
        key_issue=row.key_issue,
        hybrid_benefit=row.hybrid_benefit,
        cores_per_unit=row.cores_per_unit,
    )
