"""The words that nginx is given are the service's own."""

from __future__ import annotations

import re

import pytest

from app.http.problems import FRAMEWORK_DETAILS
from app.storefront.proxy_errors import MAX_TEXT_BYTES, configuration
from tests.support.paths import ROOT

SHIPPED = (ROOT / "deploy" / "errors.conf").read_text(encoding="utf-8")


def test_the_shipped_file_is_what_the_command_makes() -> None:
    assert configuration() == SHIPPED, "run `make deploy/errors.conf`"


@pytest.mark.parametrize("status", [400, 404, 405, 408, 413])
def test_codes_and_details_are_the_services(status: int) -> None:
    code, detail = FRAMEWORK_DETAILS[status]
    (document,) = re.findall(rf"^    '{status}' '(\{{.*)';$", SHIPPED, re.MULTILINE)
    assert f'"code":"{code}"' in document
    assert f'"detail":"{detail}"' in document


def test_no_text_is_longer_than_nginx_reads() -> None:
    texts = re.findall(r"'((?:[^'\\]|\\.)*)'", SHIPPED, re.DOTALL)
    assert max(len(text.encode()) for text in texts) < MAX_TEXT_BYTES


def test_every_status_that_nginx_is_told_of_has_its_words() -> None:
    config = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    (plain,) = re.findall(r"error_page ([0-9 ]+) /\.edge", config)
    assert set(plain.split()) <= set(re.findall(r"^    '(\d+)' '\{", SHIPPED, re.MULTILINE))
