"""What licences cover in Azure: M4, the arithmetic and what a customer's page and the catalogue say of it."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from software.hybrid_benefit import Cover, Edition, covers
from software.models import Kind
from tests.factories import CustomerFactory, ProductFactory, buy_line, make_sku
from tests.helpers import cancel, words_of


@pytest.mark.parametrize(
    ("cores", "small", "large", "left_over"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (8, 0, 0, 8),
        (15, 0, 0, 15),
        (16, 2, 1, 0),
        (17, 2, 1, 1),
        (24, 2, 1, 8),
        (31, 2, 1, 15),
        (32, 4, 2, 0),
        (48, 6, 3, 0),
        (1_000_000, 125_000, 62_500, 0),
    ],
)
def test_sixteen_cores_cover_two_small_machines_or_a_large_one(cores, small, large, left_over):
    cover = Cover(Edition.STANDARD, cores)
    assert (cover.small_machines, cover.large_machines, cover.cores_left_over) == (small, large, left_over)


@given(st.integers(min_value=0, max_value=10**9))
def test_no_core_is_counted_twice_and_none_is_lost(cores):
    cover = Cover(Edition.DATACENTER, cores)
    assert cover.large_machines * 16 + cover.cores_left_over == cores
    assert cover.small_machines * 8 + cover.cores_left_over == cores
    assert 0 <= cover.cores_left_over < 16


def test_the_editions_are_counted_apart_and_cores_of_one_edition_together():
    bought = {"Windows Server Standard": 8, "Windows Server 2022 Standard": 8, "Windows Server Datacenter": 15}
    standard, datacenter = covers(bought)
    assert (standard.edition, standard.cores, standard.large_machines) == (Edition.STANDARD, 16, 1)
    assert (datacenter.edition, datacenter.cores, datacenter.large_machines) == (Edition.DATACENTER, 15, 0)
    assert covers({}) == covers({"Windows Server Standard": 0}) == []


def test_only_datacenter_may_be_used_on_premises_as_well():
    assert Edition.of("Windows Server Datacenter").also_on_premises
    assert not Edition.of("Windows Server Standard").also_on_premises


# The pages


def pack(edition="Standard", cores=16, **fields):
    product = ProductFactory(title=f"Windows Server {edition}")
    return make_sku(product=product, hybrid_benefit=True, cores_per_unit=cores, **fields)


@pytest.fixture
def overview(client_of, agent, customer):
    """What the customer's first page says."""
    return lambda: words_of(client_of(agent).get(reverse("orders:overview", args=[customer.tenant_id])))


@pytest.mark.django_db
def test_the_customers_page_estimates_what_its_licences_cover(agent, customer, overview):
    assert "Azure Hybrid Benefit" not in overview()
    buy_line(agent, customer, pack(cores=8), 3)
    buy_line(agent, customer, pack("Datacenter"), 2)
    told = overview()
    assert (
        "Windows Server Standard, cores: 24 Covers 2 virtual machines of up to 8 vCPU, or 1 of up to 16 vCPU." in told
    )
    assert "Cores left over: 8; they count 16 at a time. Each licence is used in Azure or on premises" in told
    assert "Windows Server Datacenter, cores: 32 Covers 4 virtual machines of up to 8 vCPU, or 2 of up to 16" in told
    assert "These licences may be used on premises at the same time." in told


@pytest.mark.django_db
def test_less_than_sixteen_cores_cover_nothing(agent, customer, overview):
    buy_line(agent, customer, pack(cores=8))
    assert "cores: 8 Covers no virtual machine yet. Cores left over: 8" in overview()


@pytest.mark.django_db
def test_what_is_cancelled_or_over_or_does_not_qualify_is_not_counted(clock, agent, customer, overview):
    cancel(buy_line(agent, customer, pack()), agent)
    buy_line(agent, customer, make_sku(kind=Kind.PERPETUAL, cores_per_unit=16))
    buy_line(agent, customer, make_sku(hybrid_benefit=True))
    assert "Azure Hybrid Benefit" not in overview()
    line = buy_line(agent, customer, pack(), 3)
    line.quantity_cancelled = 2
    line.save(update_fields=["quantity_cancelled"])
    assert "cores: 16 Covers 2 virtual machines" in overview()
    clock.set("2021-01-23T23:59:59Z")
    assert "cores: 16" in overview()
    clock.set("2021-01-24T00:00:00Z")
    assert "Azure Hybrid Benefit" not in overview()


@pytest.mark.django_db
def test_another_customers_licences_do_not_count(agent, overview):
    buy_line(agent, CustomerFactory(partner=agent.partner), pack())
    assert "Azure Hybrid Benefit" not in overview()


@pytest.mark.django_db
def test_the_catalogue_says_what_qualifies_without_a_click(client_of, agent, customer):
    pack()
    catalogue = reverse("orders:add", args=[customer.tenant_id])
    sentence = (
        "Qualifies for the Azure Hybrid Benefit: up to 40 % off a virtual machine's rate, which drops to the base"
    )
    assert sentence in words_of(client_of(agent).get(catalogue))
