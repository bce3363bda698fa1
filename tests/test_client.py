"""A client generated from the OpenAPI document compiles, and has every operation."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.main import create_app
from app.settings import Settings
from tests.support.running_service import running_service

ROOT = Path(__file__).parents[1]
# In an environment of its own, see the Makefile.
PLACES = os.pathsep.join([str(ROOT / ".venv/generator/bin"), os.environ["PATH"]])
# Lines of JSON are beyond the generator.
LEFT_OUT = {"write_batch"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The folder of the generated package, and the document that it was made from."""
    generator = shutil.which("openapi-python-client", path=PLACES)
    if generator is None:
        pytest.skip("needs openapi-python-client: make .venv/.generator")
    folder = tmp_path_factory.mktemp("client")
    document = create_app(Settings()).openapi()
    (folder / "openapi.json").write_text(json.dumps(document))
    command = [generator, "generate", "--path", "openapi.json", "--meta", "none"]
    run = subprocess.run(
        [*command, "--output-path", "twinset_client"],
        cwd=folder,
        env=os.environ | {"PATH": PLACES},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder, document


CALLS = """
import sys
from io import BytesIO
from twinset_client import Client
from twinset_client.api.items import get_item
from twinset_client.api.recommend import by_image, by_text, similar
from twinset_client.models import ByImageImageForm, TextQuery
from twinset_client.types import File

client = Client(sys.argv[1])
words = by_text.sync(client=client, body=TextQuery(query="red dress", limit=3))
form = ByImageImageForm(image=File(BytesIO(open("photo.jpg", "rb").read()), "photo.jpg"), limit=3)
photo = by_image.sync(client=client, body=form)
like = similar.sync("S0001", client=client, limit=3, group_by="group_id")
refused = by_text.sync(client=client, body=TextQuery(query="hat", filter_="nofield = 1"))
missing = get_item.sync("none", client=client)
print(*[hit.id for answer in (words, photo, like) for hit in answer.items])
print(refused.code, missing.code)
"""


def test_the_generated_client_calls_a_service(generated, compact, sample_shop):
    folder, _ = generated
    index, rows = sample_shop
    (folder / "photo.jpg").write_bytes(rows["S0001"]["image"])
    python = Path(shutil.which("openapi-python-client", path=PLACES)).parent / "python"
    with running_service(compact, index) as (client, _):
        run = subprocess.run(
            [python, "-c", CALLS, str(client.base_url).rstrip("/")],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        query = {"query": "red dress", "limit": 3}
        expected = client.post("/recommend/by-text", json=query).json()["items"]
    assert run.returncode == 0, run.stderr
    ids, codes = (line.split() for line in run.stdout.splitlines())
    assert ids[:3] == [hit["id"] for hit in expected]
    assert len(ids) == 9
    assert ids[3] == "S0001"
    assert codes == ["invalid_filter", "not_found"]


def test_every_operation_has_a_function_that_compiles(generated):
    folder, document = generated
    ids = {one["operationId"] for item in document["paths"].values() for one in item.values()}
    made = {path.stem for path in (folder / "twinset_client/api").glob("*/*.py")} - {"__init__"}
    assert made == ids - LEFT_OUT
    compiled = [sys.executable, "-m", "compileall", "-q", "twinset_client"]
    assert subprocess.run(compiled, cwd=folder).returncode == 0
