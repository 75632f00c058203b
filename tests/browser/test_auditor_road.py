"""The auditor's road: invited with a scope, who saw which key is read, exported, and proved elsewhere (A1, A2, A5)."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from activity.models import Event, Seal
from csp_portal.accounts.models import User
from csp_portal.accounts.permissions import Role
from csp_portal.mail.models import Mail
from software.services import reveal_key
from tests.browser.test_road import sign_in
from tests.factories import PASSWORD, CustomerFactory, PartnerFactory, UserFactory, buy_line, make_sku
from tests.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(settings, live_server) -> dict[str, User]:
    """Keys of two customers were seen; the auditor is to know of one of them."""
    settings.MAIL_SITE_URL = live_server.url
    partner = PartnerFactory(legal_name="Fabrikam Cloud Services Ltd")
    agent = UserFactory(partner=partner, roles=[Role.ADMIN_AGENT], email="agent@fabrikam.example")
    for name, domain in (("한빛전자 주식회사", "hanbit.example"), ("Contoso Bicycle Works", "contoso.example")):
        customer = CustomerFactory(partner=partner, company_name=name, primary_domain=domain)
        line = buy_line(agent, customer, make_sku(keys=1))
        reveal_key(line.purchase.keys.get().public_id, actor=agent)
    return {"admin": UserFactory(partner=partner, roles=[Role.GLOBAL_ADMIN]), "agent": agent}


def invite_an_auditor(page: Page) -> str:
    """With a scope of one customer; answers the address in the mail."""
    page.goto("/users/invite/")
    page.get_by_label("E-mail address").fill("anna@audit.example")
    page.get_by_label("Name", exact=True).fill("Anna Müller")
    page.get_by_label("Auditor", exact=True).check()
    page.get_by_label("Customers whose log an Auditor sees").fill("hanbit.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("An invitation is on its way to anna@audit.example.")).to_be_visible()
    return re.search(r"https?://\S+", Mail.objects.get(to="anna@audit.example").complete_text)[0]


def accept(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.get_by_role("button", name="Create my account and sign in").click()
    expect(page.get_by_label("Signed in as anna@audit.example")).to_be_visible()


def read_the_log(page: Page) -> None:
    """From the gear menu: whose key was seen by whom, and nothing of the other customer."""
    page.get_by_label("Administration").first.click()
    page.get_by_role("navigation", name="Administration").get_by_role("link", name="Activity log").click()
    rows = page.get_by_role("region", name="Rows of the log")
    expect(rows).to_contain_text("한빛전자 주식회사")
    expect(rows).to_contain_text("agent@fabrikam.example")
    expect(page.get_by_text("Contoso")).to_have_count(0)


def export_sealed(page: Page, folder: Path) -> Path:
    """Ask for a sealed export, wait for it, take it and unpack it."""
    page.get_by_role("link", name="Export", exact=True).click()
    page.get_by_label("Sealed export").check()
    page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="Download")
    for _try in range(60):
        if link.is_visible():
            break
        page.wait_for_timeout(1000)
        page.reload()
    with page.expect_download() as download:
        link.click()
    download.value.save_as(folder / "export.zip")
    with zipfile.ZipFile(folder / "export.zip") as archive:
        archive.extractall(folder)
    return folder


def verified(folder: Path, *arguments: str) -> str:
    """What the verifier says that came with the export, on a machine with nothing but Python."""
    command = [sys.executable, "-I", "-S", "verify.py", *arguments, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return f"{done.returncode} {done.stdout}{done.stderr}"


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, False)], ids=["desktop", "phone-without-scripts"])
def test_the_road_of_an_auditor(shop, open_browser, worker, tmp_path, width, scripts):
    admin_page = open_browser(width=width, scripts=scripts)
    sign_in(admin_page, shop["admin"].email)
    address = invite_an_auditor(admin_page)
    seal_everything()
    page = open_browser(width=width, scripts=scripts)
    accept(page, address)
    read_the_log(page)
    seal = Seal.objects.head_of(shop["admin"].partner_id)
    with worker():
        folder = export_sealed(page, tmp_path)
    said = verified(folder, "--key", seal.key_id, "--head", seal.head)
    assert said.startswith("0 "), said
    told = "".join(path.read_text() for path in folder.glob("chains/*/rows.jsonl"))
    assert "한빛전자 주식회사" in told
    assert "Contoso" not in told
    assert Event.objects.filter(actor_name="anna@audit.example", action="log_exported").exists()
    rows = next(folder.glob("chains/*/rows.jsonl"))
    rows.write_text(told.replace("agent@fabrikam.example", "nobody@fabrikam.example", 1))
    assert "was changed" in verified(folder, "--key", seal.key_id)
