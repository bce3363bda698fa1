"""The HTTP call that a page stands for, and the same call to paste: curl, Python, JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from textwrap import indent
from typing import Any
from urllib.parse import quote, urlencode

from app.recommend.query import RELEVANCE
from app.storefront.page_state import PAGE_SIZE, PageState, plain, signal_fields

PHOTO = "photo.jpg"
# Stands in a body where the photo's base64 goes.
_BASE64 = "@photo"
_IN_JSON = f'"image": "{_BASE64}"'
# An innermost list or object over several lines. A text holds no line's end: it is escaped.
_INNERMOST = re.compile(r"([\[{])\n((?: +[^\n]*[^\n\[{]\n)+?) *([\]}])")
_LINE = 50


@dataclass(frozen=True)
class HttpCall:
    """One call: with a query string, a JSON body, or a form whose `image` is the photo."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None

    @property
    def target(self) -> str:
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path

    @property
    def takes_base64(self) -> bool:
        return self.json is not None and _IN_JSON in _dump(self.json, 2)


@dataclass(frozen=True)
class Snippets:
    """A call as text for a terminal and for two languages."""

    curl: str
    python: str
    javascript: str


def call_of(state: PageState, group_by: str | None) -> HttpCall:
    """The call that answers with the items that a page shows."""
    common: dict[str, Any] = {"limit": PAGE_SIZE}
    common |= {"offset": state.offset} if state.offset else {}
    condition = state.filter()
    common |= {"filter": condition} if condition else {}
    common |= {"group_by": group_by} if group_by else {}
    common |= {"sort": state.sort} if state.sort != RELEVANCE else {}
    if state.signals == 0:
        return HttpCall("GET", "/items", params=common)
    common = ({"edit": state.edit} if state.edit else {}) | common
    if state.signals > 1 or state.unlike:
        return HttpCall("POST", "/recommend", json=_signals(state) | common)
    if state.words and not state.edit:
        asked = {"query": state.words} | _understand(state)
        return HttpCall("POST", "/recommend/by-text", json=asked | common)
    if state.like:
        path = f"/items/{quote(state.like[0], safe='')}/similar"
        return HttpCall("GET", path, params=common)
    box = {"box": ",".join(map(plain, state.box))} if state.box else {}
    kind = {"kind": state.kind} if state.kind else {}
    return HttpCall("POST", "/recommend/by-image", form=box | kind | common)


def _understand(state: PageState) -> dict[str, Any]:
    if state.switches.off:
        return {"understand": []}  # what JSON writes of it is Python too
    return {"understand": list(state.understand)} if state.understand else {}


def _signals(state: PageState) -> dict[str, Any]:
    positive, negative = signal_fields(state, _BASE64)
    return {"positive": positive} | ({"negative": negative} if negative else {})


def widget_lines(origin: str, item_id: str) -> str:
    """The widget as a page of a shop holds it, under the product that the page is about."""
    return (
        f'<script type="module" src="{escape(origin)}/widget.js"></script>\n'
        f'<twinset-similar item="{escape(item_id)}" limit="4"></twinset-similar>'
    )


def snippets(call: HttpCall, origin: str) -> Snippets:
    """The call to paste, against the service at `origin`."""
    return Snippets(_curl(call, origin), _python(call, origin), _javascript(call, origin))


def _curl(call: HttpCall, origin: str) -> str:
    address = _shell(origin + call.target)
    if call.form is not None:
        parts = [f"image=@{PHOTO}", *(f"{name}={value}" for name, value in call.form.items())]
        return " \\\n  ".join([f"curl {address}", *(f"-F {_shell(part)}" for part in parts)])
    if call.json is None:
        return f"curl {address}"
    header = "-H 'Content-Type: application/json'"
    text = _dump(call.json, 2)
    if not call.takes_base64:
        return f"curl {address} \\\n  {header} \\\n  -d {_shell(text)}"
    for character in "\\$`":
        text = text.replace(character, "\\" + character)
    body = text.replace(_IN_JSON, f'"image": "$(base64 < {PHOTO} | tr -d \'\\n\')"')
    return f"curl {address} \\\n  {header} -d @- <<END\n{body}\nEND"


def _python(call: HttpCall, origin: str) -> str:
    address = json.dumps(origin + call.target)
    lines = ["import httpx", ""]
    if call.form is not None:
        lines.append(f'photo = open("{PHOTO}", "rb")')
        arguments = [address, 'files={"image": photo}', f"data={call.form!r}"]
    elif call.json is not None:
        # What JSON writes of texts, numbers and lists is Python too.
        body = indent(_dump(call.json, 4), "    ").strip().replace(_IN_JSON, '"image": photo')
        if call.takes_base64:
            lines = ["import base64", *lines]
            lines.append(f'photo = base64.b64encode(open("{PHOTO}", "rb").read()).decode()')
        arguments = [address, f"json={body}"]
    else:
        arguments = [address]
    inner = "".join(f"    {argument},\n" for argument in arguments)
    lines.append(f"answer = httpx.{call.method.lower()}(\n{inner})")
    lines += ['for hit in answer.json()["items"]:', '    print(hit["id"], hit["item"]["title"])']
    return "\n".join(lines)


def _javascript(call: HttpCall, origin: str) -> str:
    address = json.dumps(origin + call.target)
    lines: list[str] = []
    if call.form is not None:
        lines.append("const body = new FormData();")
        lines.append('body.append("image", photo); // a File or a Blob')
        lines += [
            f"body.append({json.dumps(name)}, {json.dumps(str(value))});"
            for name, value in call.form.items()
        ]
        options = ', { method: "POST", body }'
    elif call.json is not None:
        text = _dump(call.json, 2)
        if call.takes_base64:
            lines.append("// `photo` is a File or a Blob")
            lines.append("const bytes = new Uint8Array(await photo.arrayBuffer());")
            lines.append(
                "const characters = bytes.reduce((t, b) => t + String.fromCharCode(b), '');"
            )
            lines.append("const base64 = btoa(characters);")
            text = text.replace(_IN_JSON, "image: base64")
        lines.append(f"const body = {text};")
        options = (
            ', {\n  method: "POST",\n  headers: { "Content-Type": "application/json" },\n'
            "  body: JSON.stringify(body),\n}"
        )
    else:
        options = ""
    lines.append(f"const answer = await fetch({address}{options});")
    lines.append("const { items } = await answer.json();")
    return "\n".join(lines)


def _dump(body: Mapping[str, Any], spaces: int) -> str:
    """A body as people write it: a list or object stands on one line if it fits."""

    def joined(found: re.Match[str]) -> str:
        line = found[1] + " ".join(map(str.strip, found[2].splitlines())) + found[3]
        return line if len(line) <= _LINE else found[0]

    text, before = json.dumps(body, indent=spaces, ensure_ascii=False), ""
    while text != before:
        text, before = _INNERMOST.sub(joined, text), text
    return text


def _shell(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
