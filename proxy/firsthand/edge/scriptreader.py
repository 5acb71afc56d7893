"""A program of its own: a vendor's script on standard input, what is in it on standard output.

It runs apart because the parser is native code that is fed bytes of others, holds the interpreter
while it parses (a second for 5 MiB), and takes ten times the script's size in memory. Input and
output are a line of JSON and then, where there is one, a script.
"""

import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

from firsthand.rules.sensitive import NAMES, Where

MEMORY = 2 * 1024**3
CPU_S = 60

_LANGUAGE = Language(tree_sitter_javascript.language())
_TEXTS = Query(_LANGUAGE, "[(string) (template_string)] @text")
_NAME = re.compile(rb"(?<![\w$])(?:" + "|".join(NAMES).encode() + rb")(?![\w$])")
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL
)
_HOST = r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
_ADDRESS = re.compile(
    rf"//(?:[^/@\s]{{0,64}}@)?({_HOST}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})", re.IGNORECASE
)
_BARE = re.compile(rf"\.?({_HOST})(?P<rest>[/:?#].*)?", re.IGNORECASE | re.DOTALL)
_OWNERS = {"member_expression", "pair_pattern", "subscript_expression"}


def read(body: bytes) -> dict[str, Any]:
    """Return what a script names, or under ``broken`` where it does not parse."""
    root = Parser(_LANGUAGE).parse(body).root_node
    if root.has_error:
        return {"broken": _place(root)}
    texts = list(_texts(root, body))
    return {
        **_hosts(text for text, _ in texts),
        "names": sorted({*_names(root, body), *_said(texts)}),
    }


def edited(body: bytes, edits: Iterable[tuple[str, str]]) -> tuple[bytes, list[str]]:
    """Return a script after ``edits`` (what, by what), and those whose text it does not hold."""
    failed = []
    for find, put in edits:
        if not find:
            body = body.rstrip(b"\n") + b"\n" + put.encode() + b"\n"
            continue
        spans = list(_spans(body, find.encode()))
        if not spans:
            failed.append(find)
        for start, end in reversed(spans):
            body = body[:start] + put.encode() + body[end:]
    return body, failed


def _spans(body: bytes, find: bytes) -> Iterator[tuple[int, int]]:
    """Yield where ``find`` stands inside one string, or between two holes of one template."""
    root = Parser(_LANGUAGE).parse(body).root_node
    at = body.find(find)
    while at >= 0:
        node = root.descendant_for_byte_range(at, at + len(find))
        if node is not None and node.type in {"string_fragment", "string", "template_string"}:
            yield at, at + len(find)
        at = body.find(find, at + len(find))


def _place(root: Node) -> str:
    """Return where the first thing stands that is no JavaScript."""
    node = root
    while True:
        inner = next((each for each in node.children if each.has_error or each.is_missing), None)
        if inner is None:
            break
        node = inner
    return f"line {node.start_point.row + 1}, column {node.start_point.column + 1}"


def _texts(root: Node, body: bytes) -> Iterator[tuple[str, Node]]:
    """Yield strings and the fixed parts of templates, with their escapes read."""
    for node in QueryCursor(_TEXTS).captures(root).get("text", []):
        if node.type == "string":
            yield _plain(body[node.start_byte + 1 : node.end_byte - 1]), node
            continue
        start = node.start_byte + 1
        for part in node.named_children:
            if part.type == "template_substitution":
                yield _plain(body[start : part.start_byte]), node
                start = part.end_byte
        yield _plain(body[start : node.end_byte - 1]), node


def _plain(spelled: bytes) -> str:
    text = spelled.decode("utf-8", "replace")
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code is None:
        return "" if found[4] == "\n" else found[4]
    number = int(code, 16)
    return chr(number) if number <= sys.maxunicode else ""


def _hosts(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return hosts in addresses, what is spelled like a host before a path, and whole texts."""
    addresses, before, bare = set[str](), set[str](), set[str]()
    for text in texts:
        if "." not in text:
            continue
        addresses.update(found.lower() for found in _ADDRESS.findall(text))
        whole = _BARE.fullmatch(text)
        if whole:
            (before if whole["rest"] else bare).add(whole[1].lower())
    return {"addresses": sorted(addresses), "before": sorted(before), "bare": sorted(bare)}


def _names(root: Node, body: bytes) -> set[str]:
    """Return the names of ``NAMES`` that stand in code where they count."""
    found: set[str] = set()
    for match in _NAME.finditer(body):
        name = match[0].decode()
        if name in found:
            continue
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and _counts(node, match, NAMES[name][1]):
            found.add(name)
    return found


def _counts(node: Node, match: re.Match[bytes], where: Where) -> bool:
    if (node.start_byte, node.end_byte) != match.span() or node.parent is None:
        return False
    if where is Where.CALLED:
        return node.type == "identifier" and node.parent.type in {
            "new_expression",
            "call_expression",
        }
    if where not in {Where.MEMBER, Where.GLOBAL}:
        return False
    if node.type == "property_identifier":
        return node.parent.type in _OWNERS
    if node.type == "shorthand_property_identifier_pattern":
        return True
    return node.type == "identifier" and where is Where.GLOBAL


def _said(texts: Iterable[tuple[str, Node]]) -> Iterator[str]:
    """Yield the names that a script says as a whole string: to listen, or for what is in it."""
    for text, node in texts:
        where = NAMES.get(text, ("", None))[1]
        parent = node.parent.type if node.parent else ""
        if (
            where is Where.TEXT
            or (where is Where.LISTENED and parent == "arguments")
            or (where in {Where.MEMBER, Where.GLOBAL} and parent == "subscript_expression")
        ):
            yield text


def main() -> None:
    """Read one request, write its answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    head, _, body = sys.stdin.buffer.read().partition(b"\n")
    made, failed = edited(body, json.loads(head)["edits"])
    answer = json.dumps({**read(made), "failed": failed}).encode()
    sys.stdout.buffer.write(answer + b"\n" + made)


if __name__ == "__main__":
    main()
