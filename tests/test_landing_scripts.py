"""The lines for a command line on the landing page: curl's is run as it stands, PowerShell's is read (K5)."""

import hashlib
import html
import re
import subprocess

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from software.file_names import safe_name, windows_name
from software.models import DownloadLink, DownloadSession
from software.shell_lines import curl_line, powershell_line
from tests.factories import buy_line, make_build, make_link, make_sku
from tests.helpers import words_of

CONTENT = hashlib.shake_128(b"a build").digest(700_001)
QUOTES = "'\u2018\u2019\u201a\u201b"  # what PowerShell takes for single quotes


def link_to(actor, customer, file_name):
    purchase = buy_line(actor, customer, make_sku(keys=1)).purchase
    return make_link(actor, purchase, make_build(purchase.sku.product, CONTENT, file_name=file_name))


def lines_on(page):
    """The command lines of a landing page, as somebody reads and copies them: curl's, then PowerShell's."""
    shown = re.findall(r'<code class="code">(.*?)</code>', page)
    copied = re.findall(r'data-copies="((?:curl|&amp; \{)[^"]*)"', page)
    assert shown == copied
    return [html.unescape(line) for line in shown]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("file_name", "saved_as"),
    [
        ("en-us_server_2022_x64.iso", "en-us_server_2022_x64.iso"),
        ("two  words (1).iso", "two  words (1).iso"),
        ('it\'s $HOME `id` & "more".iso', "it's $HOME `id` & _more_.iso"),
        ("one\nline\r\nSet-Cookie: x=1.iso", "one_line__Set-Cookie: x=1.iso"),
        ('a; filename="b.iso', "a; filename=_b.iso"),
        ("100%25 %s.iso", "100%25 %s.iso"),
        ("../../.bashrc", ".._.._.bashrc"),
        ("安装 1.iso", "__ 1.iso"),
        ("윈도우 서버.iso", "___ __.iso"),
    ],
)
def test_the_curl_line_saves_the_file_under_its_name(live_server, agent, customer, tmp_path, file_name, saved_as):
    link = link_to(agent, customer, file_name)
    page = Client().get(f"{link.get_absolute_url()}", headers={"Host": live_server.url.removeprefix("http://")})
    line = lines_on(page.content.decode())[0]
    subprocess.run(["bash", "-c", f"{line} -sS"], cwd=tmp_path, check=True, timeout=60)
    assert [found.name for found in tmp_path.iterdir()] == [saved_as]
    assert hashlib.sha256((tmp_path / saved_as).read_bytes()).hexdigest() == link.build.sha256
    assert (f"curl saves the file as {saved_as}" in words_of(page)) == (saved_as != file_name)
    assert DownloadLink.objects.get().used == DownloadSession.objects.count() == 1


@pytest.mark.django_db
def test_the_page_shows_both_lines_and_stays_small(clock, agent, customer):
    link = link_to(agent, customer, "it's <b>.iso")
    page = Client().get(link.get_absolute_url()).content.decode()
    address = f"http://testserver{link.get_absolute_url()}"
    curl, powershell = lines_on(page)
    assert curl == f"curl -fOJL --data '' {address}"
    assert powershell == (
        "& { $ProgressPreference = 'SilentlyContinue'; Invoke-WebRequest -UseBasicParsing -Method Post"
        f" -Uri '{address}' -OutFile 'it''s _b_.iso' }}"
    )
    assert len(page) < 10_000
    assert "/d/session/" not in page


def test_the_curl_line_is_that_of_the_rule():
    assert curl_line("https://portal.example/d/abc-_") == "curl -fOJL --data '' https://portal.example/d/abc-_"


@pytest.mark.parametrize(
    ("file_name", "quoted"),
    [
        ("setup.iso", "'setup.iso'"),
        ("it's.iso", "'it''s.iso'"),
        ("it\u2019s \u201bno\u2018.iso", "'it\u2019\u2019s \u201b\u201bno\u2018\u2018.iso'"),
        ("$(Get-Date) `n \u201cx\u201d.iso", "'$(Get-Date) `n \u201cx\u201d.iso'"),
        ("윈도우 서버.iso", "'윈도우 서버.iso'"),
        ("a:b<c>|d?*.iso", "'a_b_c__d__.iso'"),
        ("a\nb.iso", "'a_b.iso'"),
        ("con.iso", "'_con.iso'"),
        ("LPT1", "'_LPT1'"),
        ("console.iso", "'console.iso'"),
        ("setup. . ", "'setup'"),
        (". .", "'download'"),
    ],
)
def test_the_powershell_line_names_the_file_as_windows_can_keep_it(file_name, quoted):
    assert powershell_line("https://portal.example/d/abc", file_name).endswith(f" -OutFile {quoted} }}")


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(QUOTES)), max_size=30))
def test_no_file_name_ends_its_quotes_in_powershell(file_name):
    line = powershell_line("https://portal.example/d/abc", file_name)
    assert quoted_texts(line) == ["SilentlyContinue", "https://portal.example/d/abc", windows_name(file_name)]
    assert not set(windows_name(file_name)) & set('<>:"/\\|?*\n\r\0')


def quoted_texts(line):
    """The single-quoted texts of a PowerShell line, read as PowerShell does: of two quotes inside the first stays."""
    texts, text, place = [], None, 0
    while place < len(line):
        sign = line[place]
        if text is None:
            text = "" if sign in QUOTES else None
        elif sign not in QUOTES:
            text += sign
        elif line[place + 1] in QUOTES:
            text, place = text + sign, place + 1
        else:
            texts, text = [*texts, text], None
        place += 1
    assert text is None
    return texts


def test_a_name_that_every_system_takes_is_the_same_on_windows():
    assert windows_name("윈도우 it's (1).iso") == safe_name("윈도우 it's (1).iso")
