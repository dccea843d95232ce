from __future__ import annotations

from asking_support import Machine, ask, make_items, make_plan

from lib.asking.settings import RunSettings


def test_every_question_is_asked_once_and_stored(tmp_path):
    plan, items, machine = make_plan(), make_items(20, tmp_path / "images"), Machine()
    report = ask(tmp_path / "store", plan, items, machine)
    assert (report.questions, report.answered, report.complete, report.stopped) == (60, 60, True, None)
    assert set(machine.asked.values()) == {1}
    again = ask(tmp_path / "store", plan, items, other := Machine(), settings=RunSettings())
    assert (again.answered, again.answered_before, other.log) == (0, 60, [])
