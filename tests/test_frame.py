"""The frame around every page: its headers, theme, navigation by role, error pages."""

import gzip
import re
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from csp_portal.accounts.permissions import Role
from csp_portal.frontend import PACKAGES, PackageFinder
from csp_portal.management.commands.build_icons import SPRITE, icons_used, sprite
from csp_portal.navigation import GEAR_MENU, NAVIGATION, Frame
from tests.factories import UserFactory
from tests.frame_urls import SAMPLE_REASON

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.frame_urls")]

HTMX = {"HX-Request": "true", "HX-Target": "dialog-content"}
PUBLIC_PAGE_LIMIT = 50 * 1024  # bytes, with everything it loads


def body(response):
    return response.content.decode()


# Headers


@pytest.mark.parametrize("address", ["/public-sample/", "/refuse/", "/nowhere/", "/static/portal.css"])
def test_every_answer_carries_the_content_security_policy(client, address):
    response = client.get(address)
    response.close()  # a static file's
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in response.headers["Permissions-Policy"]


def test_pages_hold_no_inline_script_or_style(client, agent, client_of):
    for page in (client.get("/public-sample/"), client_of(agent).get("/sample/")):
        assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", body(page))


# Theme and time zone


def test_a_chosen_theme_is_kept_and_shown(client):
    assert "data-bs-theme" not in body(client.get("/public-sample/"))
    response = client.post("/preferences/theme/", {"theme": "dark", "next": "/public-sample/?q=1"})
    assert (response.status_code, response.headers["Location"]) == (302, "/public-sample/?q=1")
    assert '<html lang="en" data-bs-theme="dark">' in body(client.get("/public-sample/"))


def test_the_system_theme_forgets_the_choice(client):
    client.post("/preferences/theme/", {"theme": "light"})
    client.post("/preferences/theme/", {"theme": ""})
    assert "data-bs-theme" not in body(client.get("/public-sample/"))


def test_a_theme_that_does_not_exist_is_not_shown(client):
    client.cookies["theme"] = '"><script>'
    assert "data-bs-theme" not in body(client.get("/public-sample/"))


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_choosing_a_theme_never_leads_to_another_site(client, elsewhere):
    response = client.post("/preferences/theme/", {"theme": "dark", "next": elsewhere})
    assert response.headers["Location"] == "/"


def test_the_theme_is_chosen_by_post_with_a_token_only():
    assert Client().get("/preferences/theme/").status_code == 405
    careful = Client(enforce_csrf_checks=True)
    assert careful.post("/preferences/theme/", {"theme": "dark"}).status_code == 403


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Asia%2FTokyo"])
def test_times_are_shown_in_the_zone_that_the_browser_named(client, zone):
    client.cookies["timezone"] = zone
    assert body(client.get("/zone/")) == "Asia/Tokyo"
    del client.cookies["timezone"]
    assert body(client.get("/zone/")) == "UTC"  # it is the reader's own


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../../etc/passwd", "", "Europe"])
def test_an_unknown_time_zone_is_utc(client, zone):
    client.cookies["timezone"] = zone
    assert body(client.get("/zone/")) == "UTC"


# Navigation by role


def items(user, places):
    frame = Frame(type("Request", (), {"user": user, "path": reverse(places[0].url_name)})())
    return {str(item.label): item for item in frame._items(places)}


def test_an_admin_agent_may_go_everywhere_but_to_the_log(agent):
    of_partners = [place for place in NAVIGATION if not place.of_staff]
    assert [item.refusal for item in items(agent, NAVIGATION).values()] == [None] * len(of_partners)
    refusal = items(agent, GEAR_MENU)["Activity log"].refusal
    assert refusal.code == "role_required"


def test_what_is_for_the_operator_only_its_staff_meets(global_admin):
    assert "Catalogue" not in items(global_admin, NAVIGATION)
    keeper, supporter = (UserFactory(partner=None, roles=[role]) for role in (Role.OPERATOR_ADMIN, Role.SUPPORT_AGENT))
    assert items(keeper, NAVIGATION)["Catalogue"].refusal is None
    assert items(supporter, NAVIGATION)["Catalogue"].refusal.code == "role_required"


def test_an_auditor_sees_what_is_not_theirs_disabled_with_the_reason(partner, client_of):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    assert items(auditor, GEAR_MENU)["Activity log"].refusal is None
    page = body(client_of(auditor).get("/sample/"))
    assert f'href="{reverse("activity:log")}"' in page
    assert f'<a class="nav-link" href="{reverse("customers:list")}"' not in page
    assert "Only these roles may see customers: Admin agent, Global admin. Yours: Auditor." in page


def test_the_page_one_is_on_is_marked(agent, client_of):
    page = body(client_of(agent).get(reverse("customers:list")))
    assert f'href="{reverse("customers:list")}" aria-current="page"' in page
    assert f'href="{reverse("home")}" aria-current="page"' not in page


def test_the_frame_names_who_is_signed_in_and_lets_them_out(agent, client_of):
    page = body(client_of(agent).get("/sample/"))
    for expected in (agent.email, agent.name, agent.partner.legal_name, "Admin agent", reverse("account_logout")):
        assert expected in page
    assert page.count("csrfmiddlewaretoken") == 3


def test_the_search_box_asks_the_search_for_q(agent, client_of):
    page = body(client_of(agent).get("/sample/?q=<b>"))
    assert f'action="{reverse("search")}" method="post"' in page
    assert 'name="q" value="&lt;b&gt;"' in page


def test_who_may_not_search_finds_the_search_disabled_with_the_reason(client_of):
    client = client_of(UserFactory(partner=None, roles=[Role.SUPPORT_AGENT]))
    page = body(client.get("/sample/"))
    assert 'role="search"' not in page
    search = page[page.index('<details class="menu search why-disabled">') :]
    assert "Only these roles may search" in search[: search.index("</details>")]
    assert "search box" not in body(client.get("/nowhere/"))


def test_who_reads_the_log_only_searches_for_product_keys(partner, client_of):
    client = client_of(UserFactory(partner=partner, roles=[Role.AUDITOR]))
    page = body(client.get("/sample/"))
    assert 'aria-label="Search the activity log for a product key"' in page
    assert "Customer, order number" not in page
    assert "search box" not in body(client.get("/nowhere/"))


def test_messages_come_in_one_place_and_are_announced(agent, client_of):
    page = body(client_of(agent).get("/sample/"))
    region = page[page.index('id="messages"') :]
    assert region.startswith('id="messages" role="status" aria-live="polite"')
    assert "Mind &lt;this&gt;." in region
    assert "alert-danger" in region


def test_the_frame_asks_little_of_the_database(agent, client_of, django_assert_max_num_queries):
    client = client_of(agent)
    with django_assert_max_num_queries(4):  # session, user, roles, partner
        client.get("/sample/")


# Refusals and errors


def test_a_refusal_is_a_page_with_its_status_reason_and_a_way_on(client):
    response = client.get("/refuse/")
    assert response.status_code == 410
    for expected in ("This link ended on Monday.", "Ask your partner.", SAMPLE_REASON.code, "K6", 'href="/"'):
        assert expected in body(response)


@pytest.mark.parametrize(("method", "heading"), [("GET", "Not open to your roles"), ("POST", "This was not done")])
def test_a_refused_page_is_not_headed_like_a_refused_change(partner, client_of, method, heading):
    auditor = UserFactory(partner=partner, roles=[Role.AUDITOR])
    response = client_of(auditor).generic(method, reverse("orders:add", args=[uuid.uuid4()]))
    assert response.status_code == 403
    assert re.search(rf'<h1 class="page-title">\s*{heading}', body(response))


def test_somebody_signed_in_meets_a_refusal_inside_the_frame(agent, client_of):
    assert 'aria-label="Main navigation"' in body(client_of(agent).get("/refuse/"))
    assert 'aria-label="Main navigation"' not in body(Client().get("/refuse/"))


def test_a_refusal_answers_htmx_with_a_message(agent, client_of):
    response = client_of(agent).get("/refuse/", headers=HTMX)
    assert (response.status_code, response.headers["HX-Retarget"]) == (410, "#messages")
    assert "This link ended on Monday." in body(response)
    assert "<html" not in body(response)


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_address_without_a_page_is_a_page(agent, client_of, signed_in):
    response = (client_of(agent) if signed_in else Client()).get("/nowhere/")
    assert response.status_code == 404
    assert "Page not found" in body(response)


def test_search_engines_are_kept_out_and_browsers_find_an_icon(client):
    assert body(client.get("/robots.txt")) == "User-agent: *\nDisallow: /\n"
    assert client.get("/favicon.ico").url == "/static/portal.svg"


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_address_that_takes_only_forms_is_a_page_with_a_way_on(agent, client_of, signed_in):
    response = (client_of(agent) if signed_in else Client()).get("/preferences/theme/")
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert "This cannot be opened like this" in body(response)
    assert 'href="/"' in body(response)


@pytest.mark.parametrize(
    ("came_from", "leads_to"),
    [
        ("http://testserver/orders/?page=2#x", "/orders/?page=2"),
        ("http://testserver//evil.example/", "/"),
        ("https://evil.example/orders/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(client, came_from, leads_to):
    address = reverse("orders:remove", args=[uuid.uuid4(), uuid.uuid4()])
    response = client.post(address, headers={"referer": came_from})
    assert response.status_code == 302
    assert response.url == f"{reverse('account_login')}?{urlencode({'next': leads_to})}"


def test_a_form_without_its_token_is_told_so(agent):
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(agent)
    response = careful.post("/sample/")
    assert response.status_code == 403
    assert "This form is out of date" in body(response)


def test_a_bad_request_is_a_page(client, settings):
    settings.ALLOWED_HOSTS = ["portal.example"]
    response = client.get("/public-sample/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "<h1>" in body(response)


def test_a_fault_of_ours_is_a_page_that_asks_nothing_of_the_database(agent, client_of, django_assert_num_queries):
    client = client_of(agent)
    client.raise_request_exception = False
    client.cookies["theme"] = "dark"
    with django_assert_num_queries(0):
        response = client.get("/fail/")
    assert response.status_code == 500
    assert 'data-bs-theme="dark"' in body(response)
    assert "planted" not in body(response)


def test_htmx_leaves_the_page_when_it_is_sent_elsewhere(client):
    response = client.get("/go-elsewhere/", headers=HTMX)
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, "/sample/")
    assert "Location" not in response.headers
    assert "messages" in response.cookies
    assert client.get("/go-elsewhere/").status_code == 302


def test_a_dialog_is_a_part_of_the_page_for_htmx_and_a_page_without(agent, client_of):
    client = client_of(agent)
    assert "<html" in body(client.get("/dialog-sample/"))
    part = client.get("/dialog-sample/", headers=HTMX)
    assert "<html" not in body(part)
    assert 'id="dialog-title"' in body(part)
    assert "HX-Target" in part.headers["Vary"]


# Weight, icons, packages


def test_a_page_for_visitors_stays_under_50_kb_with_all_it_loads(client):
    page = body(client.get("/public-sample/"))
    loaded = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page))
    assert loaded == {"portal.svg", "public.css", "theme.js"}
    weight = len(page.encode()) + sum(Path(finders.find(name)).stat().st_size for name in loaded)
    assert weight < PUBLIC_PAGE_LIMIT / 2  # the other half is for what the page itself says


def test_the_sprite_holds_exactly_the_icons_that_are_used():
    assert SPRITE.read_text(encoding="utf-8") == sprite(icons_used()), "run `manage.py build_icons`"


def test_packages_serve_the_files_that_are_named_and_no_others():
    finder = PackageFinder()
    assert finder.find("vendor/htmx/htmx.min.js").endswith("htmx.org/dist/htmx.min.js")
    assert finder.find("vendor/htmx/htmx.js") == []
    assert finder.find("vendor/tabler/../tabler/tabler.css") == []
    assert len(list(finder.list(None))) == sum(len(package.files) for package in PACKAGES)


def test_missing_packages_are_told_with_the_way_to_get_them(settings, tmp_path):
    assert PackageFinder().check() == []
    settings.BASE_DIR = tmp_path
    (missing,) = PackageFinder().check()
    assert "npm ci" in missing.hint


def test_static_files_can_be_collected_for_production(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    (style_sheet,) = tmp_path.glob("vendor/tabler/tabler.min.*.css.gz")
    assert gzip.decompress(style_sheet.read_bytes())


def test_the_lock_file_names_no_download_address():
    lock = (Path(settings.BASE_DIR) / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert "resolved" not in lock
    assert not re.search(r"https?://(?!github\.com/sponsors|opencollective\.com)", lock)
