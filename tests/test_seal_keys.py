"""Keys that sign seals: each is vouched for by the one before it, and one that was replaced signs nothing more (A5)."""

import base64

import pytest

from activity.models import Action, Event, Seal, SealedRow, SealKey
from activity.seals.contents import content_of
from activity.seals.keys import KeyReplaced, SigningKey
from activity.seals.sealing import seal_log
from activity.seals.verifying import verify_log
from activity.services import Actor, record
from activity.verify import seal_hash, seal_message
from tests.sealing import seal_everything, wait_for_others

pytestmark = pytest.mark.django_db(transaction=True)
OTHER_KEYS = [base64.urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2)]


def test_a_new_key_is_vouched_for_by_the_one_before_it(partner, settings):
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[:1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[::-1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[1:]  # the old one is taken out
    old, new = (SigningKey(text).fingerprint for text in OTHER_KEYS)
    assert list(SealKey.objects.values_list("fingerprint", "previous")) == [(old, ""), (new, old)]
    assert list(Seal.objects.of_chain(partner.pk).values_list("key", flat=True)) == [old, new]
    assert verify_log().findings == []
    introduced = Event.objects.filter(action=Action.SEAL_KEY_INTRODUCED).order_by("pk")
    assert [event.details["vouched_for"] for event in introduced] == [False, True]


def test_seals_of_a_key_that_nobody_vouches_for_are_named(partner, settings, tamper):
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[:1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[1:]
    assert all("for which no key that was given vouches" in finding for finding in verify_log().findings)
    assert verify_log().findings


def test_keys_that_only_vouch_for_each_other_are_not_trusted(partner, settings):
    """Of a thief who brings a key of their own, and another that this one has introduced."""
    for keys in (OTHER_KEYS[:1], OTHER_KEYS[::-1]):
        settings.ACTIVITY_SIGNING_KEYS = keys
        record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
        seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = [base64.urlsafe_b64encode(bytes([3]) * 32).decode()]
    named = [finding for finding in verify_log().findings if f"chain {partner.public_id}: " in finding]
    assert all("for which no key that was given vouches" in finding for finding in named)
    assert len(named) == Seal.objects.of_chain(partner.pk).count() >= 2


def test_what_a_key_signs_after_another_has_replaced_it_is_named(partner, settings, tamper):
    """Whoever has stolen the old key can add nothing with it."""
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[:1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[::-1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    seal_everything()
    old = SigningKey(OTHER_KEYS[0])
    seal = Seal.objects.head_of(partner.pk)
    seal.key_id = old.fingerprint
    content = content_of(seal, str(partner.public_id))
    forged = (old.fingerprint, bytes.fromhex(seal_hash(content)), old.sign(seal_message(content)), seal.pk)
    tamper("UPDATE activity_seal SET key_id = %s, hash = %s, signature = %s WHERE id = %s", *forged)
    said = f"seal {seal.number} is signed with the key {old.fingerprint}, which another had replaced before"
    assert verify_log().findings == [f"chain {partner.public_id}: {said}"]


def test_a_process_that_knows_the_new_key_no_longer_signs_with_the_old_one(partner, settings):
    for keys in (OTHER_KEYS[:1], OTHER_KEYS[::-1], OTHER_KEYS):  # the last one was not started anew yet
        settings.ACTIVITY_SIGNING_KEYS = keys
        record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
        seal_everything()
    old, new = (SigningKey(text).fingerprint for text in OTHER_KEYS)
    assert list(Seal.objects.of_chain(partner.pk).values_list("key", flat=True)) == [old, new, new]
    assert verify_log().findings == []


def test_a_process_that_knows_the_old_key_only_seals_nothing(partner, settings):
    for keys in (OTHER_KEYS[:1], OTHER_KEYS[::-1]):
        settings.ACTIVITY_SIGNING_KEYS = keys
        record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
        seal_everything()
    settings.ACTIVITY_SIGNING_KEYS = OTHER_KEYS[:1]
    record(Action.SIGNED_IN, actor=Actor.visitor(), partner=partner)
    before = SealedRow.objects.count()
    wait_for_others()
    with pytest.raises(KeyReplaced, match="or put a new key in front"):
        seal_log()
    assert SealedRow.objects.count() == before
