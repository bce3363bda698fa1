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
        [*command, "--output-path", "shop_client"],
        cwd=folder,
        env=os.environ | {"PATH": PLACES},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder, document


def test_every_operation_has_a_function_that_compiles(generated):
    folder, document = generated
    ids = {one["operationId"] for item in document["paths"].values() for one in item.values()}
    made = {path.stem for path in (folder / "shop_client/api").glob("*/*.py")} - {"__init__"}
    assert made == ids - LEFT_OUT
    compiled = [sys.executable, "-m", "compileall", "-q", "shop_client"]
    assert subprocess.run(compiled, cwd=folder).returncode == 0
