"""Loading keys into the pools: M7, and of B5 that keys which arrive fill what waits."""

import pytest
from django.core.management import CommandError, call_command

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software.models import KeyIssue, KeyState, Kind, ProductKey
from software.services import import_keys
from tests.factories import SkuFactory, add_keys, buy_line, make_sku

pytestmark = pytest.mark.django_db

OPERATOR = Actor.system("import_keys")
FIRST, SECOND, THIRD = (
    "K7QXR-2M9TB-WFD4H-8PJVC-6YN3G",
    "AB12C-DE34F-GH56J-KL78M-NP90Q",
    "ZZZZZ-99999-ZZZZZ-99999-ZZZZZ",
)


@pytest.fixture
def sku(db):
    return make_sku(key_issue=KeyIssue.PER_UNIT)


@pytest.fixture
def keys_file(tmp_path):
    """Writes a file of keys; answers its path."""

    def write(*rows):
        path = tmp_path / "keys.csv"
        lines = ["ProductId,SkuId,ProductKey", *(",".join(row) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def row(sku, key):
    return sku.product.product_id, sku.sku_id, key


def refused(path):
    """Import a file that must be refused: what is wrong, by line. Nothing is loaded and nothing is in the log."""
    before = list(ProductKey.objects.values())
    with pytest.raises(BadFile) as bad:
        import_keys(path, actor=OPERATOR)
    assert list(ProductKey.objects.values()) == before
    assert not Event.objects.filter(action=Action.KEYS_IMPORTED).exists()
    return {error.line: error.reason for error in bad.value.errors}


def test_keys_are_loaded_into_the_pool_of_their_sku(sku, keys_file):
    other = make_sku()
    assert import_keys(keys_file(row(sku, FIRST), row(other, SECOND), row(sku, THIRD)), actor=OPERATOR) == 3
    assert [key.reveal() for key in sku.keys.all()] == [FIRST, THIRD]
    assert [key.reveal() for key in other.keys.all()] == [SECOND]
    assert set(ProductKey.objects.values_list("status", "purchase")) == {("available", None)}
    event = Event.objects.get(action=Action.KEYS_IMPORTED)
    assert (event.actor_name, event.details) == ("system:import_keys", {"keys": 3})


def test_a_key_is_encrypted_at_rest(sku, keys_file):
    import_keys(keys_file(row(sku, FIRST)), actor=OPERATOR)
    stored = ProductKey.objects.values().get()
    assert stored["last_five"] == FIRST[-5:]
    assert not [column for column, value in stored.items() if FIRST[:5] in str(value)]
    assert FIRST[:5] not in str(Event.objects.get(action=Action.KEYS_IMPORTED).__dict__)


def test_a_key_is_kept_in_capitals_and_a_byte_order_mark_does_not_matter(sku, tmp_path):
    path = tmp_path / "keys.csv"
    path.write_text(f"ProductId,SkuId,ProductKey\n{','.join(row(sku, FIRST.lower()))}\n", encoding="utf-8-sig")
    import_keys(path, actor=OPERATOR)
    assert ProductKey.objects.get().reveal() == FIRST


def test_every_bad_row_is_named_and_nothing_is_loaded(sku, keys_file):
    (stored,) = add_keys(sku, 1)
    reserved = make_sku(kind=Kind.RESERVATION)
    found = refused(
        keys_file(
            row(sku, FIRST),
            row(sku, FIRST.lower()),
            row(sku, stored),
            ("NO-SUCH", "0001", SECOND),
            (sku.product.product_id, "9999", SECOND),
            row(reserved, SECOND),
            row(sku, THIRD),
        )
    )
    assert found == {
        3: "the same key stands on line 2 already",
        4: f"the key that ends in {stored[-5:]} exists already",
        5: "the SKU NO-SUCH:0001 is not in the catalogue",
        6: f"the SKU {sku.product.product_id}:9999 is not in the catalogue",
        7: f"{reserved.title} is sold without keys",
    }


@pytest.mark.parametrize(
    "key", ["", "AAAAA", FIRST.replace("-", ""), f"{FIRST}-AAAAA", FIRST[:-1], f"{FIRST}X", FIRST.replace("K", "Ä")]
)
def test_a_malformed_key_is_named_with_how_one_looks(sku, keys_file, key):
    found = refused(keys_file(row(sku, SECOND), row(sku, key)))
    assert found == {3: "ProductKey must be five groups of five letters or digits, joined by hyphens"}


@pytest.mark.parametrize("cells", [(), ("0001", FIRST, "more")])
def test_a_row_with_too_few_or_too_many_cells_is_bad(sku, keys_file, cells):
    assert refused(keys_file((sku.product.product_id, *cells))) == {2: "the row has not as many cells as the header"}


def test_a_key_of_an_earlier_hash_key_exists_still(sku, keys_file, settings):
    import_keys(keys_file(row(sku, FIRST)), actor=OPERATOR)
    old = ProductKey.objects.get()
    Event.objects.get(action=Action.KEYS_IMPORTED)
    settings.KEY_HASH_KEYS = ["a newer key", *settings.KEY_HASH_KEYS]
    with pytest.raises(BadFile, match=f"line 3: the key that ends in {FIRST[-5:]} exists already"):
        import_keys(keys_file(row(sku, SECOND), row(sku, FIRST)), actor=OPERATOR)
    assert ProductKey.objects.get() == old
    import_keys(keys_file(row(sku, SECOND)), actor=OPERATOR)
    assert ProductKey.objects.latest("pk").hash_key_id != old.hash_key_id


def test_the_same_key_of_another_product_is_another_key(sku, keys_file):
    other = make_sku()
    assert import_keys(keys_file(row(sku, FIRST), row(other, FIRST)), actor=OPERATOR) == 2


def test_an_id_that_stands_for_several_terms_is_refused(sku, keys_file):
    SkuFactory(product=sku.product, sku_id=sku.sku_id, term="P3Y")
    found = refused(keys_file(row(sku, FIRST)))
    assert found == {2: f"the SKU {sku.product.product_id}:{sku.sku_id} stands for several terms"}


def test_lines_that_wait_are_filled_oldest_first_until_one_cannot_be(clock, agent, customer, sku, keys_file):
    lines = [buy_line(agent, customer, sku, quantity) for quantity in (1, 3, 1)]
    import_keys(keys_file(row(sku, FIRST), row(sku, SECOND), row(sku, THIRD)), actor=OPERATOR)
    for line in lines:
        line.purchase.refresh_from_db()
    assert [line.purchase.key_state for line in lines] == [KeyState.ALLOTTED, KeyState.PENDING, KeyState.PENDING]
    assert [key.reveal() for key in lines[0].purchase.keys.all()] == [FIRST]
    assert ProductKey.objects.filter(status="available").count() == 2
    event = Event.objects.get(action=Action.KEYS_ALLOTTED)
    assert (event.actor_name, event.order_number) == ("system:import_keys", lines[0].order.number)


def test_the_command_says_how_many_were_loaded(sku, keys_file, capsys):
    call_command("import_keys", keys_file(row(sku, FIRST), row(sku, SECOND)))
    assert capsys.readouterr().out == "2 keys loaded.\n"


def test_the_command_says_what_is_wrong_in_sentences(sku, keys_file, tmp_path):
    with pytest.raises(CommandError) as refusal:
        call_command("import_keys", keys_file(row(sku, FIRST), row(sku, "x"), ("y", "0001", "z")))
    reason = "ProductKey must be five groups of five letters or digits, joined by hyphens"
    assert str(refusal.value) == f"Nothing was loaded.\nline 3: {reason}\nline 4: {reason}"
    with pytest.raises(CommandError, match=r"^Cannot read .*missing\.csv: No such file or directory\.$"):
        call_command("import_keys", tmp_path / "missing.csv")
    (tmp_path / "other.csv").write_text("ProductId,Key\n1,2\n")
    with pytest.raises(CommandError, match="line 1: the file has no column ProductKey, SkuId"):
        call_command("import_keys", tmp_path / "other.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="line 1: the file is not UTF-8 text"):
        call_command("import_keys", tmp_path / "binary.csv")
    assert not ProductKey.objects.exists()
