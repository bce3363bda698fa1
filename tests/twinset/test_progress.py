"""Progress without a terminal: lines with the count, the rate and the time left."""

from twinset import progress


def test_a_log_gets_lines_and_the_last_state(monkeypatch, capsys):
    monkeypatch.setattr(progress, "LINE_SECONDS", 0.0)
    with progress.progress_bar(progress.TextColumn("loss {task.fields[loss]:.2f}")) as bar:
        task = bar.add_task("training", total=4, loss=0.0)
        for step in range(1, 5):
            bar.update(task, completed=step, loss=1 / step)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert lines[1].startswith("training  2/4  ")
    assert lines[1].endswith("left  loss 0.50")
    assert "4/4" in lines[-1]


def test_lines_are_rare(capsys):
    assert list(progress.track(range(100), "counting", 100)) == list(range(100))
    assert len(capsys.readouterr().err.splitlines()) == 1
