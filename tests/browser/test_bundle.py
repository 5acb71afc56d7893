"""The committed bundles: built from the sources as they are, and small."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from firsthand.browser import Rules, ScriptFile, Snippet, VendorRules, consent_js, fh_js, loader

BROWSER = Path(__file__).parents[2] / "proxy" / "firsthand" / "browser"
BUNDLES = ("start.js", "loader.js", "loader_server.js", "fh.js", "fh_server.js", "fh_consent.js")
KIB = 1024


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bundles, built again by the locked esbuild in a folder of their own."""
    folder = tmp_path_factory.mktemp("browser")
    for name in ("package.json", "package-lock.json", "build.js"):
        shutil.copy(BROWSER / name, folder)
    shutil.copytree(BROWSER / "src", folder / "src")
    npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    subprocess.run(npm, cwd=folder, check=True, capture_output=True)
    subprocess.run(["node", "build.js", "built"], cwd=folder, check=True, capture_output=True)
    yield folder / "built"
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", BUNDLES)
def test_the_committed_bundle_is_current(built: Path, name: str) -> None:
    assert (built / name).read_bytes() == (BROWSER / name).read_bytes(), "run scripts/browser"


def weight(*paths: Path) -> int:
    return len(brotli.compress(b"".join(path.read_bytes() for path in paths), quality=11))


def test_sizes(built: Path) -> None:
    assert weight(BROWSER / "start.js", BROWSER / "loader.js") <= 4.25 * KIB
    assert weight(built / "shim.js") <= 4 * KIB
    assert weight(BROWSER / "start.js", BROWSER / "loader_server.js") <= 2.75 * KIB
    assert weight(built / "shim_server.js") <= 2 * KIB
    assert weight(BROWSER / "fh.js") <= 7 * KIB
    assert weight(BROWSER / "fh_server.js") <= 7 * KIB
    assert weight(BROWSER / "fh_consent.js") <= 1.5 * KIB


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (BROWSER / "package-lock.json").read_text("ascii")


def rules(mode: str, **given: str) -> Rules:
    vendor = VendorRules("px", "^1$", "$^", (("beacon", "^px/$"),), {"1": mode})
    base = given.get("base", "https://trk.shop.example.com")
    return Rules(
        base, "", gate=True, verdict="fh_verdict", cookies="^(?:c)=", vendors={"acme": vendor}
    )


KNOWN = Snippet("shop", "example.com", life=60, tcf=(755,))
FILE = ScriptFile("acme", "cdn.acme.example/pixel.js", "00ff")


@pytest.mark.parametrize(
    ("mode", "name"),
    [("server", "loader_server.js"), ("both", "loader.js"), ("shadow", "loader.js")],
)
def test_copying_code_comes_only_where_something_is_copied(mode: str, name: str) -> None:
    text = loader(rules(mode), FILE)
    assert text.startswith((BROWSER / "start.js").read_bytes().rstrip() + b"(")
    assert text.endswith(b"," + (BROWSER / name).read_bytes().rstrip() + b");\n")


@pytest.mark.parametrize(("mode", "name"), [("server", "fh_server.js"), ("both", "fh.js")])
def test_so_it_is_with_the_snippet(mode: str, name: str) -> None:
    text = fh_js(rules(mode), KNOWN)
    assert text.startswith((BROWSER / name).read_bytes().rstrip())
    assert b',{"name":"shop","domain":"example.com","life":60,"tcf":[755],' in text


def test_what_hears_the_platforms_knows_the_site() -> None:
    text = consent_js(KNOWN)
    assert text.startswith((BROWSER / "fh_consent.js").read_bytes().rstrip())
    assert b'(0,{"name":"shop","domain":"example.com","life":60,"tcf":[755],' in text


def test_nothing_in_the_rules_can_end_script_or_page() -> None:
    bad = "</script><!--&\u2028\u2029ü"
    text = loader(rules("both", base=bad), FILE)
    known = Snippet(bad, bad, 60)
    others = (fh_js(rules("both", base=bad), known), consent_js(known))
    given = [each[each.rindex(b"})(") :] for each in others]
    for each in (*given, text[text.index(b"})(") : text.index(b"},function(fhFile")]):
        assert each.isascii()
        for loud in (b"<", b">", b"&", b"\xe2"):
            assert loud not in each


def test_the_loader_says_which_file_it_brings() -> None:
    told = b'({"vendor":"acme","address":"cdn.acme.example/pixel.js","hash":"00ff"},"'
    assert told in loader(rules("server"), FILE)


def test_loaders_of_one_site_carry_rules_of_one_mark() -> None:
    def mark(text: bytes) -> bytes:
        return text.partition(b',function(){return{"base"')[0][-18:]

    other = ScriptFile("acme", "cdn.acme.example/other.js", "11ee")
    assert mark(loader(rules("server"), FILE)) == mark(loader(rules("server"), other))
    assert mark(loader(rules("server"), FILE)) != mark(loader(rules("both"), FILE))
