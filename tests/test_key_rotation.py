"""Encrypting and hashing all keys anew while the portal runs: complete, resumable, and nobody notices (K2)."""

import random
import signal
import threading
from functools import partial

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from activity.models import Action, Event
from activity.services import Actor
from csp_portal.row_files import BadFile
from software import custody
from software.management.commands import rotate_keys as command
from software.models import KeyState, ProductKey, SoftwarePurchase
from software.services import import_keys, reveal_key, rotation
from software.services.rotation import Rotation, rotate_keys
from tests.factories import add_keys, buy_line, make_sku
from tests.helpers import in_threads
from tests.processes import running

pytestmark = pytest.mark.django_db

OLD_HASH_KEY, NEW_HASH_KEY = "an old key of the hash", "a new key of the hash"
OLD_KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
OPERATOR = Actor.system("test")


@pytest.fixture
def sku(settings):
    """A SKU whose keys were loaded before the settings had newer keys."""
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [OLD_KEY], [OLD_HASH_KEY]
    return make_sku(key_issue="per_unit")


@pytest.fixture
def clear(sku, settings):
    """Six keys in clear; from now on the settings have newer keys in front."""
    keys = add_keys(sku, 6)
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [NEW_KEY, OLD_KEY], [NEW_HASH_KEY, OLD_HASH_KEY]
    return keys


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    monkeypatch.setattr(rotation, "PAUSE", 0.05)


@pytest.fixture
def environment(monkeypatch):
    """What a process that is started now reads its keys from."""
    monkeypatch.setenv("KEY_ENCRYPTION_KEYS", f"{NEW_KEY},{OLD_KEY}")
    monkeypatch.setenv("KEY_HASH_KEYS", f"{NEW_HASH_KEY},{OLD_HASH_KEY}")


def tell_nobody(_done, _found):
    pass


def rotate():
    return rotate_keys(tell_nobody)


def rotate_half():
    """Two of the six, then Ctrl-C."""

    def interrupt(_done, _found):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate_keys(interrupt)
    assert ProductKey.objects.to_rotate().count() == 4


def runs():
    return Event.objects.filter(action=Action.KEYS_ROTATED)


def assert_all_done(clear, settings):
    """Every key is what it was, and the newest keys alone are enough to read and find it."""
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [NEW_KEY], [NEW_HASH_KEY]
    stored = list(ProductKey.objects.order_by("pk"))
    assert [key.reveal() for key in stored] == clear
    assert [list(ProductKey.objects.of_key(key)) for key in clear] == [[key] for key in stored]
    assert {(key.secret_key_id, key.hash_key_id) for key in stored} == {
        (custody.key_id(NEW_KEY), custody.key_id(NEW_HASH_KEY))
    }


def key_file(tmp_path, sku, *keys):
    path = tmp_path / "keys.csv"
    rows = [f"{sku.product.product_id},{sku.sku_id},{key}" for key in keys]
    path.write_text("\n".join(["ProductId,SkuId,ProductKey", *rows]), encoding="ascii")
    return path


def test_every_key_is_encrypted_and_hashed_anew_and_stays_what_it_is(clear, settings, small_batches):
    assert rotate() == Rotation(found=6, done=6)
    assert_all_done(clear, settings)


def test_a_key_of_which_is_not_known_what_encrypted_it_is_done_too(clear, settings):
    rotate()
    ProductKey.objects.update(secret_key_id="")
    assert rotate().done == 6
    assert_all_done(clear, settings)


def test_a_new_encryption_key_alone_leaves_the_hashes_and_the_other_way_round(clear, settings):
    settings.KEY_HASH_KEYS = [OLD_HASH_KEY]
    hashes = list(ProductKey.objects.order_by("pk").values_list("hash", flat=True))
    assert rotate().done == 6
    assert list(ProductKey.objects.order_by("pk").values_list("hash", flat=True)) == hashes
    settings.KEY_HASH_KEYS = [NEW_HASH_KEY, OLD_HASH_KEY]
    assert rotate().done == 6
    assert_all_done(clear, settings)


def test_a_run_is_in_the_log_once_before_anything_is_changed(clear, small_batches):
    rotate_half()
    event = runs().get()
    assert (event.actor_name, event.partner) == ("system:rotate_keys", None)
    ids = {"encryption_key": custody.key_id(NEW_KEY), "hash_key": custody.key_id(NEW_HASH_KEY)}
    assert event.details == {"keys": 6, **ids}
    rotate()
    assert runs().count() == 2


def test_a_run_that_finds_nothing_to_do_changes_nothing(clear):
    rotate()
    before = list(ProductKey.objects.order_by("pk").values())
    assert rotate() == Rotation()
    assert list(ProductKey.objects.order_by("pk").values()) == before
    assert runs().count() == 1


def test_rows_of_the_log_keep_their_hash(clear, agent, customer, sku):
    key = buy_line(agent, customer, sku).purchase.keys.get()
    reveal_key(key.public_id, actor=agent)
    rotate()
    event = Event.objects.get(action=Action.KEY_REVEALED)
    assert (event.key_hash, event.key_hash_key_id) == (key.hash, custody.key_id(OLD_HASH_KEY))


def test_interrupted_it_goes_on_where_it_was(clear, settings, small_batches):
    rotate_half()
    assert rotate() == Rotation(found=4, done=4)
    assert_all_done(clear, settings)


def test_half_way_every_key_is_found_and_shown(clear, agent, customer, sku, small_batches):
    purchase = buy_line(agent, customer, sku, quantity=6).purchase
    rotate_half()
    shown = [reveal_key(key.public_id, actor=agent) for key in purchase.keys.order_by("pk")]
    assert shown == clear
    assert [ProductKey.objects.of_key(key).get().last_five for key in clear] == [key[-5:] for key in clear]


def test_half_way_an_import_refuses_what_stands_under_either_hash_key(clear, sku, small_batches, tmp_path):
    rotate_half()
    with pytest.raises(BadFile) as bad:
        import_keys(key_file(tmp_path, sku, *clear, "NEWNE-WNEWN-EWNEW-NEWNE-WNEW1"), actor=OPERATOR)
    assert [error.line for error in bad.value.errors] == [2, 3, 4, 5, 6, 7]
    assert ProductKey.objects.count() == 6


def test_a_key_that_comes_meanwhile_is_encrypted_and_hashed_with_the_newest(clear, sku, small_batches, tmp_path):
    rotate_half()
    import_keys(key_file(tmp_path, sku, "NEWNE-WNEWN-EWNEW-NEWNE-WNEW1"), actor=OPERATOR)
    assert rotate().found == 4


def test_a_key_that_nothing_decrypts_is_told_and_holds_up_no_other(clear, sku, small_batches, capsys):
    broken = ProductKey.objects.order_by("pk")[1]
    secret = Fernet(Fernet.generate_key()).encrypt(b"lost").decode()
    ProductKey.objects.filter(pk=broken.pk).update(secret=secret)
    with pytest.raises(CommandError) as told:
        call_command("rotate_keys")
    assert str(told.value).splitlines() == [
        "1 keys can be decrypted by no key of KEY_ENCRYPTION_KEYS and stay as they are:",
        f"  {sku.catalogue_id} …{clear[1][-5:]}",
        "Put the encryption key they were made with behind the others and run it again.",
    ]
    assert list(ProductKey.objects.to_rotate()) == [broken]
    broken.refresh_from_db()
    assert (broken.secret, broken.hash_key_id) == (secret, custody.key_id(OLD_HASH_KEY))
    said = capsys.readouterr().out
    assert "may be removed" not in said
    assert "no product key needs it" not in said


def test_of_many_that_cannot_be_done_the_first_are_named(clear, sku, monkeypatch):
    monkeypatch.setattr(command, "MOST_NAMED", 2)
    ProductKey.objects.update(secret=Fernet(Fernet.generate_key()).encrypt(b"lost").decode())
    with pytest.raises(CommandError) as told:
        call_command("rotate_keys")
    named = [f"  {sku.catalogue_id} …{key[-5:]}" for key in clear[:2]]
    assert str(told.value).splitlines()[1:-1] == [*named, "  and 4 more"]


def test_a_key_loaded_twice_because_its_hash_key_was_dropped_too_early_is_told(clear, sku, settings, tmp_path, capsys):
    settings.KEY_HASH_KEYS = [NEW_HASH_KEY]
    import_keys(key_file(tmp_path, sku, clear[0]), actor=OPERATOR)
    settings.KEY_HASH_KEYS = [NEW_HASH_KEY, OLD_HASH_KEY]
    with pytest.raises(CommandError) as told:
        call_command("rotate_keys")
    assert str(told.value).splitlines()[:2] == [
        "1 keys stand in their product's pools twice and keep their old hash:",
        f"  {sku.catalogue_id} …{clear[0][-5:]}",
    ]
    assert "5 keys encrypted and hashed anew." in capsys.readouterr().out
    first, *_others, second = ProductKey.objects.order_by("pk")
    assert (first.reveal(), second.reveal()) == (clear[0], clear[0])
    assert (first.secret_key_id, first.hash_key_id) == (custody.key_id(NEW_KEY), custody.key_id(OLD_HASH_KEY))


def test_the_command_tells_how_far_it_is_and_which_keys_may_go(clear, small_batches, capsys):
    call_command("rotate_keys")
    assert capsys.readouterr().out.splitlines() == [
        "2 of 6",
        "4 of 6",
        "6 of 6",
        "6 keys encrypted and hashed anew.",
        f"KEY_ENCRYPTION_KEYS, key 1 ({custody.key_id(NEW_KEY)}): 6 keys, the newest",
        f"KEY_ENCRYPTION_KEYS, key 2 ({custody.key_id(OLD_KEY)}): 0 keys, may be removed from the settings",
        f"KEY_HASH_KEYS, key 1 ({custody.key_id(NEW_HASH_KEY)}): 6 keys, the newest",
        f"KEY_HASH_KEYS, key 2 ({custody.key_id(OLD_HASH_KEY)}): 0 keys, {command.MAY_GO['KEY_HASH_KEYS']}",
    ]


@pytest.mark.django_db(transaction=True)
def test_keys_that_others_hold_to_the_end_are_told_and_not_waited_for(clear, small_batches, monkeypatch):
    monkeypatch.setattr(rotation, "PASSES", 2)
    held = ProductKey.objects.order_by("pk")[2]
    with transaction.atomic():
        ProductKey.objects.select_for_update().get(pk=held.pk)
        (found,) = in_threads(rotate)
    assert (found.done, found.left) == (5, 1)
    assert list(ProductKey.objects.to_rotate()) == [held]


@pytest.mark.django_db(transaction=True)
def test_keys_that_others_hold_for_a_moment_are_done_in_a_later_pass(clear, settings, small_batches):
    first_pass_over = threading.Event()

    def hold():
        with transaction.atomic():
            ProductKey.objects.select_for_update().get(pk=ProductKey.objects.earliest("pk").pk)
            held.set()
            first_pass_over.wait(15)

    def rotate_when_held():
        held.wait(15)
        return rotate_keys(lambda done, found: first_pass_over.set() if done == found - 1 else None)

    held = threading.Event()
    _nothing, found = in_threads(hold, rotate_when_held)
    assert found == Rotation(found=6, done=6)
    assert_all_done(clear, settings)


@pytest.mark.django_db(transaction=True)
def test_orders_and_reveals_go_on_while_it_runs(agent, customer, sku, settings, small_batches):
    """Without a hold on the pool an order would pass by the keys of the batch, and find too few."""
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [OLD_KEY], [OLD_HASH_KEY]
    clear = add_keys(sku, 40)
    shown = buy_line(agent, customer, sku, quantity=1).purchase.keys.get()
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [NEW_KEY, OLD_KEY], [NEW_HASH_KEY, OLD_HASH_KEY]

    def order_and_reveal():
        buy_line(agent, customer, sku, quantity=39)
        return [reveal_key(shown.public_id, actor=agent) for _time in range(10)]

    found, seen = in_threads(rotate, order_and_reveal)
    assert found.done == 40
    assert set(seen) == {clear[0]}
    assert set(SoftwarePurchase.objects.values_list("key_state", flat=True)) == {KeyState.ALLOTTED}
    assert_all_done(clear, settings)


@pytest.mark.django_db(transaction=True)
def test_an_order_waits_for_the_batch_that_has_its_keys(agent, customer, clear, sku, monkeypatch):
    """The batch is held up between its locks and its commit; the order does not take the pool for empty."""
    going_on = threading.Event()
    encrypted = custody.encrypt

    def slowly(product_key):
        going_on.wait(1)
        return encrypted(product_key)

    monkeypatch.setattr(rotation.custody, "encrypt", slowly)
    rotated, line = in_threads(rotate, partial(buy_line, agent, customer, sku, quantity=6))
    assert rotated.done == 6
    assert SoftwarePurchase.objects.get(pk=line.purchase_id).key_state == KeyState.ALLOTTED


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_every_key_once(clear, settings, small_batches):
    first, second = in_threads(rotate, rotate)
    assert first.done + second.done == 6
    assert_all_done(clear, settings)


@pytest.mark.django_db(transaction=True)
def test_killed_at_random_points_and_then_left_alone(clear, settings, environment, small_batches):
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        rotate()
        transaction.set_rollback(True)
    assert ProductKey.objects.to_rotate().count() == 6
    for _time in range(3):
        point = random.randint(2, len(captured) // 4)
        with running(["-m", "tests.rotate_keys", "2", str(point)]) as (process,):
            code, said = process.finish()
        assert code == -signal.SIGKILL, f"killed at statement {point}: {said}"
    with running(["-m", "tests.rotate_keys", "2"]) as (process,):
        code, said = process.finish()
    assert code == 0, said
    assert_all_done(clear, settings)


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_it_between_two_batches_and_says_that_the_rest_is_to_be_done(sku, settings, environment):
    clear = add_keys(sku, 60)
    settings.KEY_ENCRYPTION_KEYS, settings.KEY_HASH_KEYS = [NEW_KEY, OLD_KEY], [NEW_HASH_KEY, OLD_HASH_KEY]
    with running(["-m", "tests.rotate_keys", "1"]) as (process,):
        assert process.process.stdout.readline() == "1 of 60\n"
        process.process.send_signal(signal.SIGINT)
        code, said = process.finish()
    assert code != 0
    assert "Interrupted. What was done stays done; run it again for the rest." in said
    left = ProductKey.objects.to_rotate().count()
    assert 0 < left < 60
    assert rotate().done == left
    assert_all_done(clear, settings)


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_and_one_of_them_killed(sku, settings, environment):
    clear = add_keys(sku, 60)
    with running(["-m", "tests.rotate_keys", "2", "40"], ["-m", "tests.rotate_keys", "2"]) as (killed, left):
        killed.finish()
        code, said = left.finish()
    assert code == 0, said
    assert_all_done(clear, settings)
