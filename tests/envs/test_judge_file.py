from __future__ import annotations

import numpy as np
import pytest
import toy

from text2reward.envs.judge_file import read_judge
from text2reward.envs.registry import get_task
from text2reward.errors import UserError

RIGHT = '''"""Mine."""
import numpy as np


def happened(states):
    """The hand ends to the right of where it began."""
    hand = states["robot.ee_pos"]
    return hand[-1, 0] > hand[0, 0]
'''


def judge(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text)
    return read_judge(path)


def test_a_judge_of_ones_own_decides_in_place_of_the_task(tmp_path):
    task = get_task("toy:TASK", action_repeat=2, judge=judge(tmp_path, RIGHT))
    assert task.success == "The hand ends to the right of where it began."
    assert (task.action_repeat, task.horizon) == (2, toy.HORIZON // 2)
    simulator = task.make_reference(2)
    simulator.reset([1, 2])
    action = np.array([[1, 0, 0], [-1, 0, 0]], dtype=np.float32)
    said = np.stack([simulator.step(action).success for _ in range(2 * task.horizon)])
    assert said.sum(axis=0).tolist() == [2, 0]
    assert np.flatnonzero(said[:, 0]).tolist() == [task.horizon - 1, 2 * task.horizon - 1]


WRONG = {
    "no function": ("x = 1\n", "mine.py defines no function happened(states). For example: def happened(states)"),
    "no Python": ("def happened(states)\n", "mine.py, line 1: expected ':'."),
    "needs a package": (
        "\nimport nowhere_to_be_found\n",
        "mine.py, line 2: ModuleNotFoundError: No module named 'nowhere_to_be_found'. Run: pip",
    ),
    "ends the program": (
        "import sys\nsys.exit(3)\n",
        "mine.py, line 2: SystemExit: 3. Leave out what ends the program.",
    ),
    "no argument": ("def happened():\n    return True\n", "mine.py: happened must take one argument, states."),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_no_judge_says_what_is_wrong(tmp_path, text, said):
    with pytest.raises(UserError) as problem:
        judge(tmp_path, text).load()
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


FAILS = {
    "unknown field": (
        "def happened(states):\n    return bool(states['no.such'].any())\n",
        "mine.py, line 2: KeyError: 'no.such'. `text2reward envs show TASK` lists the fields.",
    ),
    "raises deep down": (
        "def f(x):\n    return 1 / x\n\n\ndef happened(states):\n    return f(0) > 1\n",
        "line 2: ZeroDiv",
    ),
    "ends the program": (
        "def happened(states):\n    raise SystemExit(3)\n",
        "mine.py, line 2: SystemExit: 3. Leave out",
    ),
    "no bool": (
        "# mine\ndef happened(states):\n    return 1.0\n",
        "line 2: happened returned float, not True or False",
    ),
    "an array": (
        "import numpy\ndef happened(states):\n    return numpy.ones(3) > 0\n",
        "line 2: happened returned ndarray",
    ),
    "nothing": ("def happened(states):\n    pass\n", "line 1: happened returned NoneType"),
}


@pytest.mark.parametrize(("text", "said"), FAILS.values(), ids=FAILS)
def test_a_judge_that_goes_wrong_names_the_line(tmp_path, text, said):
    happened = judge(tmp_path, text).load()
    with pytest.raises(UserError) as problem:
        happened({"robot.ee_pos": np.zeros((3, 3))})
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read .*nowhere\.py: No such file"):
        read_judge(tmp_path / "nowhere.py")
    (tmp_path / "picture.py").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UserError, match="is no text"):
        read_judge(tmp_path / "picture.py")
