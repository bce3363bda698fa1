"""Pages as a client without scripts sees them, and the calls that they show."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from app.storefront.api_snippets import call_of, snippets
from app.storefront.content.product_tiles import stems
from app.storefront.interface.interface_words import words_of
from app.storefront.page_state import PAGE_SIZE, PageState, read_page_state, to_pairs
from tests.support.raw_client import check
from tests.support.small_shop import ODD_ID, picture
from twinset.images.formats import TITLES

PHOTO = picture(3, "JPEG")
# An address that is only named, and data that no browser runs.
NOT_LOADED = r'<link rel="canonical"[^>]*>|<script type="application/(?:ld\+)?json".*?</script>'
STATES = {
    "everything": PageState(),
    "filtered": PageState(choices={"gender": ("Women",), "baseColour": ("red", "blue")}, low=11.5),
    "words": PageState(words='it\'s a $5 `hat` "x" \\ é'),
    "photo": PageState(photo=PHOTO),
    "box": PageState(photo=PHOTO, box=(0.1, 0.0, 0.9, 0.5), in_stock=True),
    "photo and words": PageState(photo=PHOTO, box=(0.25, 0.0, 1.0, 1.0), words='$HOME `id` "\\'),
    "like": PageState(like=(ODD_ID,)),
    "like and unlike": PageState(like=("p1", "p2"), unlike=("p7",), high=30.0),
    "second page": PageState(words="hat", page=2),
    "sorted": PageState(words="shirt", sort="-price", page=2),
    "sorted list": PageState(choices={"gender": ("Men",)}, sort="price"),
    "switched off": PageState(words="red hat not blue", understand=("-negation",)),
    "not understood": PageState(words="hat not blue under 20", understand=("false",)),
}


def found(response: httpx.Response) -> list[str]:
    """The ids of the products of a page, in order."""
    assert response.status_code == 200, response.text
    return [
        html.unescape(one) for one in re.findall(r'<li class="tile" data-id="(.*?)"', response.text)
    ]


def page_of(client: httpx.Client, page: PageState) -> list[str]:
    if page.photo is None:
        return found(client.get(page.address()))
    fields: dict[str, list[str]] = {"photo": [b64encode(page.photo).decode()]}
    for name, value in to_pairs(page):
        fields.setdefault(name, []).append(value)
    # httpx sends multipart only where there is a file.
    return found(client.post("/search", data=fields, files={"image": ("", b"")}))


@pytest.mark.parametrize("page", STATES.values(), ids=STATES.keys())
@pytest.mark.parametrize("language", ["curl", "python"])
def test_the_call_shown_answers_with_the_items_of_the_page(
    client: httpx.Client, address: str, page: PageState, language: str, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(PHOTO)
    shown = snippets(call_of(page, "group_id"), address)
    if language == "curl":
        command = ["bash", "-c", shown.curl.replace("curl ", "curl -sS ", 1)]
    else:
        command = [sys.executable, "-W", "ignore", "-c", shown.python]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    text = run.stdout.decode()
    got = (
        [hit["id"] for hit in httpx.Response(200, content=run.stdout).json()["items"]]
        if language == "curl"
        else [line.split(" ")[0] for line in text.splitlines()]
    )
    expected = page_of(client, page)
    assert got == ([one.split(" ")[0] for one in expected] if language == "python" else expected)


@pytest.mark.parametrize("page", STATES.values(), ids=STATES.keys())
def test_an_address_says_the_whole_page_but_its_photo(page: PageState) -> None:
    again = read_page_state(to_pairs(page), page.photo)
    assert again == PageState(**{**vars(page), "wants_photo": page.photo is not None})


def test_what_makes_no_sense_in_an_address_is_left_out(client: httpx.Client) -> None:
    page = read_page_state(
        [("low", "cheap"), ("page", "-1"), ("f.", "x"), ("box", "1,1,0,0")], b"photo"
    )
    assert page == PageState(photo=b"photo")
    assert client.get("/search?like=none&unlike=p1&page=99999999&high=nan").status_code == 200


@pytest.mark.parametrize(
    ("dropped", "left"),
    [
        ("photo", "q=hat&like=p1&f.gender=Men&low=3"),
        ("like=p1", "q=hat&f.gender=Men&low=3"),
        ("f.gender=Men", "q=hat&like=p1&low=3"),
        ("filters", "q=hat&like=p1"),
    ],
)
def test_parts_of_a_search_are_dropped(dropped: str, left: str) -> None:
    pairs = [("q", "hat"), ("like", "p1"), ("f.gender", "Men"), ("low", "3"), ("box", "0,0,.5,1")]
    page = read_page_state([*pairs, ("drop", dropped)])
    assert page.address() == f"/search?{left}"


def test_filters_are_written_in_the_filter_language(client: httpx.Client) -> None:
    page = PageState(choices={"a `b`": ('say "hi"\\',), "in": ("x",)}, low=0.5, high=1_234_567.0)
    expected = 'a ``b``` IN ["say \\"hi\\"\\\\"] AND `in` IN ["x"]'
    assert page.filter() == f"`{expected} AND price >= 0.5 AND price <= 1234567"
    answer = client.get("/items", params={"filter": page.filter()})
    assert answer.json()["code"] == "invalid_filter" or answer.json()["code"] == "unknown_field"


def test_text_of_a_caller_enters_a_page_as_text(client: httpx.Client) -> None:
    text = client.get("/search", params={"q": "<script>alert(1)</script>\"'"}).text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("request_", "status", "sentence"),
    [
        (("GET", "/product/none"), 404, "There is no item with this id."),
        (("GET", f"/search?q={'x' * 600}"), 422, "too long"),
        (("GET", "/search?f.nofield=x"), 400, "baseColour"),
        (("POST", "/search"), 415, "multipart"),
    ],
)
def test_errors_are_pages_with_a_sentence(
    client: httpx.Client, request_: tuple[str, str], status: int, sentence: str
) -> None:
    response = client.request(*request_)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert sentence in response.text
    assert "Traceback" not in response.text


def test_what_is_nowhere_is_a_page_for_people_and_a_problem_for_programs(
    client: httpx.Client,
) -> None:
    browser = {"Accept": "text/html,*/*;q=0.8"}
    shown = client.get("/no/such/page", headers=browser)
    assert shown.status_code == 404
    assert "There is nothing at this address." in shown.text
    for path, headers in (("/no/such/page", {}), ("/items/none", browser), ("/v1", {})):
        check(client.get(path, headers=headers), 404, "not_found")
    check(client.put("/search", headers=browser), 405, "method_not_allowed")


def test_the_widget_is_tried_on_a_product_that_is_there(client: httpx.Client) -> None:
    first = client.get("/items", params={"limit": 1}).json()["items"][0]["id"]
    assert f'item="{html.escape(first)}"' in client.get("/widget").text
    assert 'item="p7"' in client.get("/widget", params={"item": "p7"}).text


def test_a_bad_photo_is_refused_in_a_sentence(client: httpx.Client) -> None:
    response = client.post("/search", files={"image": b"no picture"})
    assert response.status_code == 415
    assert TITLES in response.text
    response = client.post("/search", data={"photo": "%%%"}, files={"image": ("", b"")})
    assert response.status_code == 422


def test_a_picture_of_the_shop_is_a_photo_like_any(client: httpx.Client) -> None:
    picture = client.get("/items/p7/image").content
    no_file = {"image": ("", b"")}
    by_name = client.post("/search", data={"photo_of": "p7", "box": "0,0,1,.5"}, files=no_file)
    assert found(by_name) == found(client.post("/search", files={"image": picture}))
    assert by_name.text.count('name="photo" value=') == 1
    unknown = client.post("/search", data={"photo_of": "none"}, files=no_file)
    assert unknown.status_code == 404
    assert "There is no item with this id." in unknown.text


def test_the_first_page_shows_what_to_paste(client: httpx.Client, address: str) -> None:
    text = html.unescape(client.get("/").text)
    assert f'<script type="module" src="{address}/widget.js"></script>' in text
    assert f"{address}/recommend/by-image" in text
    for words in re.findall(r'href="(/search\?q=[^"]+)"', text):
        assert found(client.get(words))


def test_the_kind_to_look_for_stays_with_its_photo() -> None:
    page = PageState(photo=PHOTO, kind="hat")
    assert ("kind", "hat") in to_pairs(page)
    assert read_page_state(to_pairs(page), PHOTO).kind == "hat"
    assert read_page_state([*to_pairs(page), ("drop", "photo")], PHOTO).kind is None
    assert call_of(page, None).form == {"kind": "hat", "limit": PAGE_SIZE}


def test_a_photo_address_without_its_photo_says_so(client: httpx.Client) -> None:
    assert "Choose it again" in client.get("/search?with=photo").text


def test_every_page_loads_only_from_the_service(client: httpx.Client) -> None:
    for path in ("/", "/search?q=hat", "/product/p1", "/docs", "/operator"):
        text = re.sub(NOT_LOADED, "", client.get(path).text)
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.findall(r"<script(?! (?:type=\"module\" )?src=)|\sstyle=|\son\w+=", text)
        for file in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text)):
            assert client.get(file).status_code == 200


def test_words_and_attributes_are_compared_without_their_plurals() -> None:
    assert stems("Red DRESSES") == stems("dress red")
    assert stems("Watches") == stems("watch")
    assert stems("glass") != stems("glas s")
    assert [words_of("en").field(n) for n in ("baseColour", "heel_height", "articleType")] == [
        "Colour",
        "Heel height",
        "Type",
    ]


@pytest.mark.parametrize("path", ["/static/storefront.js", "/widget.js"])
@pytest.mark.parametrize(
    "wanted", ["bytes=0-9", "bytes=99999999-", "bytes=9-1", "lines=1", "bytes"]
)
def test_files_are_sent_whole(client: httpx.Client, path: str, wanted: str) -> None:
    whole = client.get(path)
    part = client.get(path, headers={"Range": wanted})
    assert (part.status_code, part.content) == (200, whole.content)
    assert part.headers["accept-ranges"] == "none"
    known = {"If-None-Match": whole.headers["etag"], "Range": wanted}
    assert client.get(path, headers=known).status_code == 304


@pytest.mark.parametrize(
    ("state", "path", "edit"),
    [
        (PageState(words="in red", like=("p1",)), "/items/p1/similar", "in red"),
        (PageState(words="in red", photo=b"x"), "/recommend/by-image", "in red"),
        (PageState(words="in red", like=("p1", "p2")), "/recommend", "in red"),
        (PageState(words="red shirt"), "/recommend/by-text", None),
        (PageState(words="red shirt", unlike=("p2",)), "/recommend", None),
    ],
)
def test_words_beside_a_photo_or_items_are_an_edit(
    state: PageState, path: str, edit: str | None
) -> None:
    call = call_of(state, None)
    asked = {**call.params, **(call.json or {}), **(call.form or {})}
    assert (call.path, asked.get("edit")) == (path, edit)
    texts = [one for one in asked.get("positive", ()) if "text" in one]
    assert bool(texts) == (path == "/recommend" and edit is None)


def test_a_page_with_words_beside_a_product_is_the_edit_of_the_api(client: httpx.Client) -> None:
    page = client.get("/search", params={"q": "in black", "like": "p4"}).text
    found = client.get(
        "/items/p4/similar", params={"edit": "in black", "group_by": "group_id", "limit": 24}
    )
    ids = [hit["id"] for hit in found.json()["items"]]
    assert re.findall(r'<li class="tile" data-id="([^"]+)"', page) == ids


def test_a_page_offers_the_orders_that_its_catalogue_has(client: httpx.Client) -> None:
    page = client.get("/search?q=shirt&sort=-price")
    offered = re.findall(r'<option value="(.*?)"( selected)?>', page.text)
    assert offered == [("relevance", ""), ("price", ""), ("-price", " selected")]
    assert 'name="sort"' in page.text
    ids = found(page)
    answer = client.post(
        "/recommend/by-text",
        json={"query": "shirt", "sort": "-price", "limit": 24, "group_by": "group_id"},
    )
    assert ids == [hit["id"] for hit in answer.json()["items"]]
    # A field that is no longer there is no reason for an error.
    assert found(client.get("/search?q=shirt&sort=nothing")) == found(client.get("/search?q=shirt"))


def counts(page: httpx.Response, field: str) -> dict[str, str]:
    pattern = rf'name="f\.{field}" value="(.*?)".*?<span class="count">(\d+)</span>'
    return dict(re.findall(pattern, page.text))


def test_filters_count_under_the_search(client: httpx.Client) -> None:
    """What the words rule out is not offered; a field's own choice hides nothing of it."""
    plain = counts(client.get("/search"), "baseColour")
    assert plain == {"black": "6", "blue": "6", "green": "6", "red": "6"}
    chosen = client.get("/search?f.baseColour=red&f.gender=Men")
    assert counts(chosen, "baseColour") == {"red": "6", "blue": "6"}
    assert counts(chosen, "gender") == {"Men": "6"}
    words = client.get("/search?q=shirt+not+black&f.baseColour=red")
    assert counts(words, "baseColour") == {"blue": "6", "green": "6", "red": "6"}
