"""Every bad argument of the command line gets one clear line and a non-zero exit."""

import socket

import pytest

from twinset import cli
from twinset.encoders import HashEncoder


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Run where there is a folder, a file that is nothing, and a sound encoder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.TRACEBACK_VARIABLE, raising=False)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("hello")
    (tmp_path / "shop.csv").write_text("id,title\n1,shirt\n")
    HashEncoder(8).save(tmp_path / "encoder")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sample folder", "folder: is not a file"),
        ("sample file/c.parquet", "file"),
        ("sample c.parquet --items 0", "--items"),
        ("sample c.parquet --items nan", "--items"),
        ("sample c.parquet --items " + "9" * 30, "--items"),
        ("sample c.parquet --seed -1", "--seed"),
        ("import none c.parquet", "none: not found"),
        ("import file c.parquet", "--map id=COLUMN"),
        ("import folder c.parquet", "folder"),
        ("import shop.csv folder", "folder: is not a file"),
        ("import shop.csv shop.csv", "is the source itself"),
        ("import shop.csv c.parquet --images file", "file: is not a folder"),
        ("import shop.csv c.parquet --format xlsx", "'xlsx' is not one of"),
        ("import shop.csv c.parquet --map id", "NAME=COLUMN"),
        ("export --encoder none --catalog file --out e", "file: cannot be read"),
        ("export --encoder encoder --catalog folder --out e", "folder: cannot be read"),
        ("build --embeddings encoder --catalog file --out i", "file: cannot be read"),
        ("build --embeddings e --catalog c --out i --kind best", "'best' is not one of"),
        ("build --embeddings e --catalog c --out i --min-recall nan", "--min-recall"),
        ("build --embeddings e --catalog c --out i --keep 0", "--keep"),
        ("serve --encoder encoder --index folder --port 0", "CURRENT: not found"),
        ("serve --encoder none --index folder --port 0", "folder/CURRENT: not found"),
        ("serve --encoder none --index folder --port 0 --workers 2", "CURRENT: not found"),
        ("serve --encoder encoder --index folder --port 70000", "--port"),
        ("serve --encoder encoder --index folder --workers 0", "--workers"),
        ("serve --encoder encoder --index folder --host 999.1.1.1", "cannot listen on 999.1.1.1"),
        ("serve --index folder", "--encoder"),
    ],
)
def test_bad_arguments(line, said, capsys):
    assert cli.run(line.split()) in (1, 2)
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("twinset: error: ")
    assert said in told


def test_a_port_in_use_is_said_before_anything_is_read(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert cli.run(["serve", "--encoder", "none", "--index", "none", "--port", port]) == 1
    (told,) = capsys.readouterr().err.splitlines()
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in told
