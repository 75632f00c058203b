"""What scripts add to pages: copy buttons, the dialog's focus, messages that stay until they are read."""

import pytest
from playwright.sync_api import Page, expect

from activity.models import Action, Event
from csp_portal.accounts.permissions import Role
from tests.factories import CustomerFactory, UserFactory, buy_line, make_link, make_sku
from tests.helpers import cancel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent():
    return UserFactory(roles=[Role.ADMIN_AGENT])


@pytest.fixture
def line(agent):
    return buy_line(agent, CustomerFactory(partner=agent.partner), make_sku(keys=1))


def clipboard_of(page: Page) -> str:
    """What would be pasted now."""
    return page.evaluate("navigator.clipboard.readText()")


def let_paste(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])


def test_a_copy_button_copies_and_says_so_to_everybody(signed_in, agent, line):
    page = signed_in(agent)
    let_paste(page)
    page.goto("/orders/")
    button = page.get_by_role("button", name="Copy the order number")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert clipboard_of(page) == line.order.number
    expect(button).to_be_focused()
    expect(page.get_by_text("Copied")).to_have_count(0)  # after a while


def test_the_link_is_copied_whole_and_so_is_the_command(signed_in, open_browser, agent, line):
    link = make_link(agent, line.purchase)
    page = signed_in(agent)
    let_paste(page)
    page.goto(f"/customers/{line.order.customer.tenant_id}/software/?sku={line.purchase.sku.public_id}")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    address = clipboard_of(page)
    assert address.endswith(link.get_absolute_url())
    visitor = open_browser()
    let_paste(visitor)
    visitor.goto(address)
    visitor.get_by_role("button", name="Copy the curl command").click()
    expect(visitor.get_by_text("Copied")).to_be_visible()
    assert clipboard_of(visitor) == f"curl -fOJL --data '' {address}"


def test_a_key_is_copied_without_being_shown_and_the_log_knows(signed_in, agent, line):
    make_link(agent, line.purchase)
    page = signed_in(agent)
    let_paste(page)
    page.goto(f"/customers/{line.order.customer.tenant_id}/software/?sku={line.purchase.sku.public_id}")
    key = line.purchase.keys.get()
    page.get_by_role("button", name=f"Copy the key that ends in {key.last_five}").click()
    expect(page.get_by_text("Copied. That you did stands in the activity log.")).to_be_visible()
    copied = clipboard_of(page)
    assert copied.endswith(key.last_five)
    assert "•" not in copied
    assert copied not in page.content()
    assert Event.objects.filter(action=Action.KEY_COPIED, actor_name=agent.email).count() == 1


def test_a_key_that_is_not_given_out_leaves_the_clipboard_as_it_was(signed_in, agent, line):
    make_link(agent, line.purchase)
    page = signed_in(agent)
    let_paste(page)
    page.goto(f"/customers/{line.order.customer.tenant_id}/software/?sku={line.purchase.sku.public_id}")
    page.evaluate("navigator.clipboard.writeText('as it was')")
    cancel(line, agent)
    page.get_by_role("button", name="Copy the key").click()
    expect(page.get_by_text("The key was not given out. Press Show to be told why.")).to_be_visible()
    assert clipboard_of(page) == "as it was"


def test_without_a_clipboard_for_pages_the_text_is_selected_and_copied(signed_in, agent, line):
    page = signed_in(agent)
    let_paste(page)
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new DOMException('refused'))")
    page.goto("/orders/")
    page.get_by_role("button", name="Copy the order number").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert clipboard_of(page) == line.order.number
    expect(page.locator("textarea")).to_have_count(0)


def test_where_nothing_can_be_copied_the_reader_is_told_what_to_do(signed_in, agent, line):
    page = signed_in(agent)
    page.add_init_script(
        "navigator.clipboard.writeText = () => Promise.reject(new DOMException('refused'));"
        "document.execCommand = () => false;"
    )
    page.goto("/orders/")
    page.get_by_role("button", name="Copy the order number").click()
    expect(page.get_by_role("status").filter(has_text="Select the text and copy it yourself.")).to_be_visible()


def test_without_scripts_no_button_stands_beside_what_can_be_selected(signed_in, agent, line):
    page = signed_in(agent, scripts=False)
    page.goto("/orders/")
    expect(page.get_by_text(line.order.number)).to_be_visible()
    expect(page.get_by_role("button", name="Copy the order number")).to_be_hidden()


def test_the_dialog_takes_the_focus_keeps_it_and_gives_it_back(signed_in, agent, line):
    page = signed_in(agent)
    page.goto(f"/customers/{line.order.customer.tenant_id}/software/")
    opener = page.get_by_role("table").get_by_role("link", name="Cancel")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", name="Cancel a purchase")).to_be_focused()
    for _step in range(20):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_refusal_in_the_dialog_takes_the_focus(signed_in, agent, line):
    page = signed_in(agent)
    page.goto(f"/customers/{line.order.customer.tenant_id}/software/")
    page.get_by_role("table").get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Submit").click()
    refusal = page.get_by_role("dialog").get_by_role("alert")
    expect(refusal).to_contain_text("The Important message has not been accepted")
    expect(refusal).to_be_focused()
    expect(refusal.get_by_role("link", name="notice_not_accepted")).to_be_visible()


def test_a_message_stays_until_it_is_dismissed(signed_in, agent, line):
    page = signed_in(agent)
    page.goto(f"/customers/{line.order.customer.tenant_id}/add/")
    page.get_by_role("button", name="Add").first.click()
    message = page.get_by_role("status").filter(has_text="The cart now holds")
    expect(message).to_be_visible()
    page.wait_for_timeout(4000)
    expect(message).to_be_visible()
    page.get_by_role("button", name="Dismiss this message").click()
    expect(page.get_by_text("The cart now holds")).to_have_count(0)
    expect(page.locator("main")).to_be_focused()


def test_a_lost_connection_is_told_and_taken_back(signed_in, agent, line):
    page = signed_in(agent)
    page.goto("/orders/")
    page.context.set_offline(True)
    expect(page.get_by_role("alert").filter(has_text="The portal cannot be reached")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("The portal cannot be reached")).to_be_hidden()
