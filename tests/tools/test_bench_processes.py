"""Processes beside threads: real teams take their turns, and the table says what they gave."""

import json

import pytest
from bench import command, processes, report


def test_all_settings_take_turns_and_the_result_is_whole(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(processes, "WARM", 1)
    command.main(["processes", "--preset", "mlp", "--rounds", "2", "--seconds", "0.01",
                  "--out", str(tmp_path)])  # fmt: skip
    found = json.loads((tmp_path / "processes.json").read_text())
    assert list(found["rates"]) == list(found["cpu_ms"]) == list(processes.SETTINGS)
    assert all(len(rates) == 2 and min(rates) > 0 for rates in found["rates"].values())
    assert found["machine"]["device"] == "cpu"
    assert "| 2 processes, 1 thread each | " in capsys.readouterr().out
    report.write(tmp_path)
    assert "Images a second of the preset mlp" in (tmp_path / "README.md").read_text()


def test_a_team_that_dies_ends_the_benchmark():
    team = processes.Team.__new__(processes.Team)
    team.name, team.members = "gone", [processes.subprocess.Popen(
        ["true"], stdin=processes.subprocess.PIPE, stdout=processes.subprocess.PIPE, text=True
    )]  # fmt: skip
    with pytest.raises(SystemExit, match="'gone' died"):
        team.answers()


def test_the_table_compares_with_one_process_of_one_thread():
    rates = dict(zip(processes.SETTINGS, ([10.0, 20.0], [15.0, 30.0], [5.0, 10.0]), strict=True))
    cpu = {name: [4.0, 4.0] for name in processes.SETTINGS}
    lines = processes.table({"rates": rates, "cpu_ms": cpu})
    assert "| 2 processes, 1 thread each | 22 (19 to 26) | 1.50 | 4.00 |" in lines
    assert "| 1 process, 2 threads | 8 (6 to 9) | 0.50 | 4.00 |" in lines
