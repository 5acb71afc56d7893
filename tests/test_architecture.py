"""Holds the architecture: who may import whom, which file has which test, what stays pure."""

import ast
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
SOURCE = TOP / "proxy" / "firsthand"
TESTS = TOP / "tests"

# Lower layers first. Members of one layer are strangers to each other; a folder may use itself.
LAYERS = (
    {"model"},
    {"errors"},
    {"convert"},
    {"ecapi"},
    {"vendor"},
    {"mapping"},
    {"vendors"},
    {"rules"},
    {"store", "browser"},
    {"edge", "delivery", "admin"},
    {"sandbox", "config", "draft"},
    {"serve", "explain", "check", "snippet", "questions"},
    {
        "letters",
        "reporting",
        "scripts",
        "comparing",
        "consent",
        "doctor",
        "cert",
        "saving",
        "init",
        "operators",
    },
    {"trying"},
    {"cli"},
    {"__main__"},
)
PURE_PACKAGES = {"orjson", "phonenumbers", "publicsuffixlist"}
PURE_LAYERS = 8
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40

# A test of another name covers these, or they are nothing but wiring that the journeys run.
WITHOUT_OWN_TEST = {
    "__init__",
    "__main__",
}


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def unit(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def rank(name: str) -> int:
    return next((index for index, layer in enumerate(LAYERS) if name in layer), -1)


def imports(path: Path) -> list[tuple[int, str]]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    own = unit(path)
    if own == "__init__":
        return
    assert rank(own) >= 0, f"{own} has no place in the layers"
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "firsthand" or parts[1] in {own, "__version__"}:
            continue
        assert rank(parts[1]) < rank(own), f"{path}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_import_for_typing_alone(path: Path) -> None:
    assert "TYPE_CHECKING" not in path.read_text("utf-8")


def test_the_pure_part_needs_three_packages_at_most() -> None:
    import sys  # noqa: PLC0415 - the list of standard modules is needed here only

    for path in modules():
        if not 0 <= rank(unit(path)) < PURE_LAYERS:
            continue
        for line, name in imports(path):
            top = name.partition(".")[0]
            known = top in sys.stdlib_module_names or top == "firsthand" or top in PURE_PACKAGES
            assert known, f"{path}:{line} imports {name}"


def test_every_module_has_a_test_of_its_name() -> None:
    missing = []
    for path in modules():
        relative = path.relative_to(SOURCE)
        if path.stem in WITHOUT_OWN_TEST:
            continue
        if not (TESTS / relative.with_name(f"test_{path.name}")).exists():
            missing.append(str(relative))
    assert not missing


def test_modules_can_be_read_in_one_sitting() -> None:
    long = {
        str(path.relative_to(SOURCE)): len(path.read_text("utf-8").splitlines())
        for path in modules()
    }
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_MODULE}


def test_functions_can_be_read_at_one_glance() -> None:
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.name} {lines}")
    assert not long


SENDS = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "request"})
FETCHES = {("edge/upstream.py", "fetch")}
"""Asks for vendors' scripts at addresses made of tables and configuration: carries no visitor."""


def requests() -> list[tuple[str, ast.AsyncFunctionDef]]:
    """Return the functions of the running server that ask somebody else over HTTP."""
    found = []
    for path in modules():
        if unit(path) not in {"edge", "delivery", "serve"}:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        within = (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef))
        sending = [node for node in within if any(map(_sends, ast.walk(node)))]
        found += [(str(path.relative_to(SOURCE)), node) for node in sending]
    return found


def _sends(node: ast.AST) -> bool:
    if not isinstance(node, ast.AsyncWith):
        return False
    opened = [item.context_expr for item in node.items]
    return any(
        isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in SENDS
        for each in opened
    )


def test_whatever_leaves_passes_the_firewall() -> None:
    found = requests()
    ways = {(path, node.name) for path, node in found}
    assert ways == {("delivery/sender.py", "send"), ("edge/answers.py", "_ask"), *FETCHES}
    for path, node in found:
        if (path, node.name) not in FETCHES:
            assert "firewall.findings(" in ast.unparse(node), path
