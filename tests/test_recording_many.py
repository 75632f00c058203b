"""A bulk change is recorded as many actions, each with its address: A3."""

import pytest

from activity.models import Action, Address, Event
from activity.services import address_commitment, client_address, record_each
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_each_thing_has_a_row_and_each_row_its_address(agent, partner):
    customers = CustomerFactory.create_batch(3, partner=partner)
    token = client_address.set("192.0.2.7")
    record_each(Action.CUSTOMER_CREATED, actor=agent, on=customers)
    client_address.reset(token)
    events = Event.objects.order_by("id")
    assert [(event.customer_id, event.customer_name, event.partner, event.actor_name) for event in events] == [
        (customer.tenant_id, customer.company_name, partner, agent.email) for customer in customers
    ]
    addresses = {address.event_id: address for address in Address.objects.all()}
    assert set(addresses) == {event.pk for event in events}
    for event in events:
        assert addresses[event.pk].occurred_at == event.occurred_at
        assert bytes(event.ip_commitment) == address_commitment("192.0.2.7", bytes(addresses[event.pk].salt))
    assert len({bytes(address.salt) for address in addresses.values()}) == 3


def test_nothing_to_record_is_nothing_recorded(agent):
    record_each(Action.CUSTOMER_CREATED, actor=agent, on=[])
    assert not Event.objects.exists()
