"""`mockserver drill` as a user runs it: it ends when it is told to, and says what went wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.drill import drill
from mockserver.cli.drill_explore import draw_schedules, make_scenario
from mockserver.codec import yaml
from mockserver.testing.drill import Plan
from tests.support.drill_results import report

CLIENT = Path(__file__).parents[1] / "drill" / "clients" / "python_client.py"
COMMAND = (sys.executable, "-S", str(CLIENT), "payt", "--url", "{url}", "--token", "{token}")


@pytest.mark.skipif(os.name != "posix", reason="a signal, and a shell")
def test_an_interrupted_drill_does_not_wait_for_its_clients(tmp_path: Path) -> None:
    waits = '"$@"; case {sandbox} in *no-fault*) ;; *) sleep 60 ;; esac'
    words = ("--report-dir", str(tmp_path), "--repeat", "3", "--", "sh", "-c", waits, "client", *COMMAND)
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "mockserver", "drill", "payt", *words], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert "items by" in running.stdout.readline()
        time.sleep(2)
        running.send_signal(signal.SIGTERM)

        assert running.wait(20) == 130


def test_a_file_that_cannot_be_written_is_named_and_the_client_is_not_blamed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = ("--case", "transient-item", "--report-dir", str(tmp_path), "--scenario", f"{tmp_path}/file/x")
    command = (*COMMAND, "--fault", "forgets-failures")
    ran = CliRunner().invoke(drill, ["payt", *words, "--explore", "20", "--timeout", "9", "--", *command])

    assert ran.exit_code == 2
    assert "a report cannot be written" in ran.output


def test_a_wrong_assumption_is_wrong_usage() -> None:
    ran = CliRunner().invoke(drill, ["payt", "--assume", "payt.nothing=1", "--", *COMMAND])

    assert (ran.exit_code, "payt.nothing" in ran.output) == (2, True)


def test_a_repetition_has_the_options_that_it_needs(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    given = ("--specs", str(tmp_path / "specs"), "--env", "A=b", "--timeout", "9")
    more = ("--case", "transient-item", "--report", "github", "--report-dir", str(tmp_path), "--json")
    ran = CliRunner().invoke(drill, ["payt", *given, *more, "--", *COMMAND])

    document = json.loads(ran.stdout)
    assert document["cases"][0]["again"].startswith(
        f"mockserver drill payt {' '.join(given)} --case transient-item -- "
    )


def test_schedules_are_drawn_again_by_the_same_seed_and_are_plain_scenarios() -> None:
    plan: Plan = report().plan
    drawn = draw_schedules(2, 1, 200, 7)

    assert len(set(drawn)) == 200
    assert drawn == draw_schedules(2, 1, 200, 7) != draw_schedules(2, 1, 200, 8)
    assert not any("&id" in yaml.dump(make_scenario(one, "payt", plan)) for one in drawn)
