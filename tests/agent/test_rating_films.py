"""Films that people rate: one frame for every control step, what the reward said of it, and each made once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import gymnasium
import imageio_ffmpeg
import numpy as np
import pytest
import toy
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from text2reward.agent import rating_films as rating_films_module
from text2reward.agent.config import make_config
from text2reward.agent.films_in_background import FilmsInBackground
from text2reward.agent.rating_films import EPISODES, RatingFilms, film_of, rating_films
from text2reward.agent.setting import judge_of, recorded, workers_of
from text2reward.cli import main
from text2reward.envs.registry import get_task
from text2reward.envs.task import Task
from text2reward.errors import RecordError, RenderError
from text2reward.record.events import Drafted, Heat, RoundFinished, RunStarted, Screened, Trained
from text2reward.record.reader import Run, load
from text2reward.record.writer import RecordWriter
from text2reward.training.policy import Policy
from text2reward.training.seeds import episode_seeds
from text2reward.training.statistics import Rate
from text2reward.training.trajectories import load_trajectories

WINDOW = "metaworld/window-close-v3"
CAREFUL = toy.REACH.replace('"near"', '"close"')
BROKEN = toy.REACH.replace("5 * (before - distance)", "torch.log(before - before - 1)")


def policy(task: Task, seed: int) -> Policy:
    """An untrained one."""

    class Spaces(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (task.observation_size,), np.float32)
        action_space = gymnasium.spaces.Box(task.action.low, task.action.high, (task.action.size,), np.float32)

    envs = VecNormalize(DummyVecEnv([Spaces]), norm_reward=False)
    ppo = PPO("MlpPolicy", envs, seed=seed, device="cpu", policy_kwargs={"net_arch": [16]})
    for values in ppo.policy.action_net.parameters():
        values.data *= 100  # or else it hardly moves
    return Policy(ppo, envs)


def a_run(folder: Path, env: str = "toy:TASK", programs: tuple[str, ...] = (toy.REACH, CAREFUL), **config) -> Run:
    """A run of one round in which a policy was trained with each of ``programs`` and with the simulator's reward."""
    task = get_task(env)
    config = make_config({"env": env, "instruction": "Do it.", "seed": 3, **config}).to_json()
    writer = RecordWriter.create(folder, "x", config, {})
    writer.append(RunStarted("run", task.id, task.instruction, "openai/x"))
    for number, program in enumerate([*programs, None], 1):
        name = f"r1c{number}"
        path = writer.write(f"candidates/{name}/reward.py", program) if program is not None else None
        writer.append(Drafted(name, 1, None, "x", path, reward="expert" if program is None else "program"))
        add_training(writer, task, name, number)
    writer.append(RoundFinished(1, "r1c1"))
    writer.close()
    return load(writer.folder)


def add_training(writer: RecordWriter, task: Task, name: str, seed: int, reason: str = "steps") -> None:
    folder = f"candidates/{name}/s0"
    policy(task, seed).save(writer.folder / folder)
    select = Rate(1, 3).success(1)
    writer.append(Trained(name, f"{name}/s0", folder, reason, "last", 1000, 1000, select, 1, 1.0))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Run:
    """A run all of whose films are there. Tests that change something work on a copy."""
    run = a_run(tmp_path_factory.mktemp("runs"))
    assert rating_films(run).make(jobs=2) == ()
    return run


@pytest.fixture
def one_state(monkeypatch):
    """One initial state is enough for what the test is about."""
    monkeypatch.setattr(rating_films_module, "EPISODES", 1)


def copy(run: Run, to: Path) -> Run:
    shutil.copytree(run.folder, to)
    return load(to)


def frames_of(video: Path) -> np.ndarray:
    """``(frames, H, W, 3)`` uint8."""
    size = frames_size(video)
    words = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(video), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, *size, 3)


def frames_size(video: Path) -> tuple[int, int]:
    reader = imageio_ffmpeg.read_frames(str(video))
    width, height = next(reader)["size"]
    reader.close()
    return height, width


def all_films(run: Run):
    return [film for films in rating_films(run).ready().values() for film in films.values()]


def changed(run: Run) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for film in all_films(run) for p in (film.video, film.strip, film.episode)}


def test_every_candidate_is_filmed_from_the_same_states(made):
    films = rating_films(made)
    ready = films.ready()
    assert list(ready) == ["r1c1", "r1c2", "r1c3"]
    assert all(tuple(found) == films.seeds for found in ready.values())
    assert len(set(films.seeds)) == EPISODES == 3
    for seed in films.seeds:
        one, other, third = (frames_of(ready[name][seed].video) for name in ready)
        assert (one[0] == other[0]).all()
        assert (one[0] == third[0]).all()
        assert (one != other).any()  # two policies go on differently
    first, second = films.seeds[:2]
    assert (frames_of(ready["r1c1"][first].video)[0] != frames_of(ready["r1c1"][second].video)[0]).any()


def test_nobody_votes_on_episodes_that_decide(made):
    seeds = set(rating_films(made).seeds)
    assert not seeds & {*episode_seeds(3, "select", 1000), *episode_seeds(3, "held-out", 1000)}


def test_there_is_a_frame_and_an_entry_for_every_control_step(made):
    for film in all_films(made):
        strip = json.loads(film.strip.read_text())
        assert {"seed", "dt", "fps", "frames", "success", "terms"} <= set(strip)
        assert strip["frames"] == toy.HORIZON == len(strip["success"])
        assert all(len(values) == toy.HORIZON for values in strip["terms"].values())
        assert all(type(each) is bool for each in strip["success"])
        frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(film.video))
        assert frames == strip["frames"]
        assert seconds == pytest.approx(frames / strip["fps"], abs=0.01)
        assert strip["dt"] == toy.TASK.dt
        assert strip["seed"] == int(film.video.stem)


def test_frame_i_shows_where_step_i_begins_and_entry_i_what_it_earned(made):
    """The toy draws the hand where it is; its reward and success are recomputed here without the sandbox."""
    for name, film in ((name, film) for name, found in rating_films(made).ready().items() for film in found.values()):
        strip, episode = film.read(), load_trajectories(film.episode)
        state, frames = episode.state[0], frames_of(film.video)
        assert state.shape == (toy.HORIZON + 1, 6)
        far = np.linalg.norm(state[:, :3] - state[:, 3:], axis=1)
        assert strip.success == [bool(each < 0.15) for each in far[1:]]
        if name == "r1c3":
            assert strip.terms == {"native": pytest.approx(-far[1:], rel=1e-4)}
        else:
            near = "near" if name == "r1c1" else "close"
            assert list(strip.terms) == [near, "nearer"]
            assert strip.terms[near] == pytest.approx(1 - np.tanh(2 * far[1:]), abs=1e-5)
            assert strip.terms["nearer"] == pytest.approx(5 * (far[:-1] - far[1:]), abs=1e-5)
        for i, frame in enumerate(frames):
            red = (frame[..., 0].astype(int) - frame[..., 1] > 100).nonzero()
            x, y = ((state[i, :2] + 1) * 30).astype(int)
            assert [red[1].mean() - 1.5, red[0].mean() - 1.5] == pytest.approx([x, y], abs=1.5)


def test_a_browser_finds_every_frame_fast(made):
    video = all_films(made)[0].video
    data = video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # plays before it is loaded
    table = data.index(b"stss") + 8  # which samples are keyframes, counted from 1
    assert struct.unpack(">3I", data[table : table + 12]) == (2, 1, 11)
    done = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(video)], capture_output=True, text=True)
    about = next(line for line in done.stderr.splitlines() if "Video: h264" in line)
    assert "Baseline" in about
    assert "yuv420p" in about


def test_what_is_there_is_not_made_again_and_what_was_torn_is(made, tmp_path):
    run = copy(made, tmp_path / "copy")
    before = changed(run)
    assert rating_films(run).make() == ()
    assert changed(run) == before
    cut, stripless, *kept = all_films(run)
    cut.video.write_bytes(cut.video.read_bytes()[:-100])  # copied in part
    stripless.strip.write_text('{"seed": ')
    assert len(all_films(run)) == 7
    told = []
    rating_films(run).make(told=told.append)
    assert {film.video for film in told} == {cut.video, stripless.video}
    assert len(all_films(run)) == 9
    after = changed(run)
    assert all(after[str(film.video)] == before[str(film.video)] for film in kept)


def test_a_copied_run_needs_no_simulator_to_be_rated(made, tmp_path):
    run = copy(made, tmp_path / "elsewhere")
    code = (
        "import sys; from pathlib import Path; from text2reward.agent.rating_films import rating_films;"
        "from text2reward.record.reader import load;"
        f"films = rating_films(load(Path({str(run.folder)!r})));"
        "print(sum(map(len, films.ready().values())), films.make());"
        "print([m for m in ('torch', 'mujoco', 'gymnasium', 'stable_baselines3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "9 ()\n[]\n"


def test_a_lost_policy_is_skipped_with_a_note_unless_its_films_are_there(made, tmp_path):
    run = copy(made, tmp_path / "copy")
    for each in run.candidates.values():
        each.policy_path.unlink()
    assert rating_films(run).make() == ()
    film_of(run.candidate("r1c2"), rating_films(run).seeds[0]).video.unlink()
    (note,) = rating_films(run).make()
    assert note.startswith("r1c2 has lost its policy")
    assert list(rating_films(run).ready()) == ["r1c1", "r1c2", "r1c3"]


def test_a_policy_that_cannot_be_read_costs_the_others_nothing(tmp_path, one_state):
    run = a_run(tmp_path, programs=(toy.REACH,))
    run.candidate("r1c1").policy_path.write_bytes(b"none")
    (note,) = rating_films(run).make()
    assert "r1c1 cannot be filmed: The policy in" in note
    assert list(rating_films(run).ready()) == ["r1c2"]


def test_a_program_that_fails_on_the_episode_leaves_a_film_that_says_so(tmp_path, one_state):
    run = a_run(tmp_path, programs=(BROKEN,))
    assert rating_films(run).make() == ()
    strip = rating_films(run).ready()["r1c1"][rating_films(run).seeds[0]].read()
    assert strip.terms == {}
    assert "nearer is nan" in strip.problem
    assert len(strip.success) == toy.HORIZON


def test_where_a_person_judges_nobody_knows_of_success(tmp_path, one_state):
    run = a_run(tmp_path, programs=(toy.REACH,), judge="person")
    rating_films(run).make([run.candidate("r1c1")])
    assert [film.read().success for film in all_films(run)] == [[]]


def test_only_what_will_not_change_is_filmed(tmp_path, one_state):
    run = a_run(tmp_path, programs=())
    writer = RecordWriter(run.folder)
    for name in ("r2c1", "r2c2", "r2c3"):
        writer.append(Drafted(name, 2, None, "x", writer.write(f"candidates/{name}/reward.py", toy.REACH)))
    writer.append(Heat(2, 0, ("r2c1", "r2c2"), 0, 1000, 3000))
    add_training(writer, toy.TASK, "r2c1", 1, reason="heat")
    writer.append(Screened("r2c2", "fail", 9, 9, trained_anyway="audit"))
    add_training(writer, toy.TASK, "r2c2", 2)
    films = rating_films(load(run.folder))
    candidates = films._run.candidates.values()
    told = []
    assert films.make(candidates, told=told.append) == (
        "r2c1 may yet be trained on",
        "r2c2 was trained only to see whether screening was right",
        "r2c3 has no policy",
    )
    assert len(told) == 1
    assert films.make() == ()
    writer.append(RoundFinished(2, "r2c1"))
    writer.close()
    films = rating_films(load(run.folder))
    films.make()
    assert list(films.ready()) == ["r1c1", "r2c1"]


def test_two_at_once_make_each_film_once(tmp_path, one_state, monkeypatch):
    run = a_run(tmp_path, programs=(toy.REACH,))
    made = []
    real = RatingFilms._make
    monkeypatch.setattr(RatingFilms, "_make", lambda self, *about: (made.append(about[:2]), real(self, *about)))
    both = [threading.Thread(target=rating_films(run).make) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert len(made) == 2 == len(all_films(run))


def test_a_killed_maker_leaves_nothing_half_made(tmp_path, one_state):
    run = a_run(tmp_path, programs=())
    folder = film_of(run.candidate("r1c1"), 0).video.parent
    code = (
        "from pathlib import Path; from text2reward.agent.rating_films import rating_films;"
        f"from text2reward.record.reader import load; rating_films(load(Path({str(run.folder)!r}))).make()"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    child = subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path})
    while not list(folder.glob(".part-*/*")):
        assert child.poll() is None
        time.sleep(0.005)
    child.send_signal(signal.SIGKILL)
    child.wait()
    seeds = rating_films(run).seeds
    assert seeds[0] not in rating_films(run).ready().get("r1c1", {})
    rating_films(run).make()
    assert tuple(rating_films(run).ready()["r1c1"]) == seeds
    assert not list(folder.glob(".part-*"))


def test_where_nothing_can_be_drawn_that_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("MUJOCO_GL")
    monkeypatch.setattr("ctypes.util.find_library", lambda name: None)
    run = a_run(tmp_path, programs=())
    with pytest.raises(RenderError, match="Install libosmesa6 or libegl1"):
        rating_films(run).make()
    assert rating_films(run).ready() == {}
    assert main(["films", str(run.folder)]) == 2
    assert "Install libosmesa6 or libegl1" in capsys.readouterr().err
    monkeypatch.setenv("MUJOCO_GL", "disabled")
    assert main(["films", str(run.folder)]) == 2
    assert "MUJOCO_GL=disabled forbids drawing. Unset the variable: unset MUJOCO_GL." in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    run = a_run(tmp_path, programs=())
    (run.candidate("r1c1").policy_path.parent / "rating").write_text("in the way")
    with pytest.raises(RecordError, match="Film in a copy"):
        rating_films(run).make()


def test_the_loop_films_in_the_background_and_is_told_once_of_what_is_wrong(tmp_path, one_state, monkeypatch):
    run = a_run(tmp_path, programs=(toy.REACH,))
    config = recorded(run)
    notes = []
    background = FilmsInBackground(workers_of(config, judge_of(config)), notes.append)
    background.film(run)
    background.film(run)
    background.wait()
    assert len(all_films(run)) == 2
    assert notes == []
    other = a_run(tmp_path / "other", programs=())
    monkeypatch.setenv("MUJOCO_GL", "off")
    for _ in range(2):
        background.film(other)
        background.wait()
    assert notes == ["MUJOCO_GL=off forbids drawing. Unset the variable: unset MUJOCO_GL."]


def test_whatever_goes_wrong_with_a_film_the_run_goes_on_and_later_ones_are_made(tmp_path, one_state, monkeypatch):
    run = a_run(tmp_path, programs=())
    config = recorded(run)
    notes = []
    background = FilmsInBackground(workers_of(config, judge_of(config)), notes.append)
    with monkeypatch.context() as patched:
        patched.setattr(RatingFilms, "_make", lambda *about: 1 / 0)
        background.film(run)
        background.wait()
    assert notes == ["films to rate could not be made (ZeroDivisionError: division by zero)"]
    background.film(run)
    background.wait()
    assert (len(all_films(run)), background.state) == (1, "made")
    background.stop()
    background.film(run)
    assert background.state == "made"


def test_the_command_prints_what_it_made(tmp_path, one_state, capsys):
    run = a_run(tmp_path)
    assert main(["films", str(run.folder), "r1c1"]) == 0
    out, err = capsys.readouterr()
    assert [Path(line).parts[-4:-1] for line in out.splitlines()] == [("r1c1", "s0", "rating")]
    assert "1 film of 1 candidate to rate, 1 of them made in" in err
    assert main(["films", str(run.folder), "--jobs", "2"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "3 films of 3 candidates to rate, 2 of them made in" in err
    assert main(["films", str(run.folder)]) == 0
    assert "3 films of 3 candidates to rate, all made before" in capsys.readouterr().err
    assert main(["films", str(run.folder), "r1c9"]) == 2
    assert "r1c9" in capsys.readouterr().err


@pytest.mark.long
def test_films_of_meta_world(tmp_path, one_state):
    program = (
        "import torch\n\n\ndef compute_reward(state, action, prev):\n"
        "    reach = torch.linalg.norm(state.robot.ee_pos - state.handle.pos, dim=-1)\n"
        '    return {"reach": 1 - torch.tanh(5 * reach), "effort": -0.1 * (action**2).sum(-1)}\n'
    )
    run = a_run(tmp_path, WINDOW, (program,))
    task = get_task(WINDOW)
    films = rating_films(run)
    assert films.make() == ()
    (mine,), (native,) = (found.values() for found in films.ready().values())
    one, other = frames_of(mine.video), frames_of(native.video)
    assert one.shape == other.shape == (task.horizon, 320, 320, 3)
    assert (one[0] == other[0]).all()
    assert one[0].std() > 20  # something is to be seen
    assert (one[-1] != one[0]).any()
    strip, episode = mine.read(), load_trajectories(mine.episode)
    part = task.layout.columns
    far = np.linalg.norm(episode.state[0, 1:, part("robot.ee_pos")] - episode.state[0, 1:, part("handle.pos")], axis=1)
    assert strip.terms["reach"] == pytest.approx(1 - np.tanh(5 * far), abs=1e-5)
    assert strip.terms["effort"] == pytest.approx(-0.1 * (episode.action[0] ** 2).sum(axis=1), abs=1e-5)
    assert len(strip.success) == len(native.read().terms["native"]) == task.horizon
