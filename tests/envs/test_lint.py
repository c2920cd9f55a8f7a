from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import toy

from text2reward.envs import Field, Snapshot, Task, get_task
from text2reward.envs.lint import lint_task
from text2reward.envs.metaworld import TASKS


def messages(task: Task) -> str:
    return "\n".join(map(str, lint_task(task)))


def with_fields(*fields: Field, simulator=toy.ToySimulator, **changes) -> Task:
    task = dataclasses.replace(toy.TASK, fields=fields, training=simulator, **changes)
    task.__dict__.pop("layout", None)
    return task


def extra(value) -> type:
    """The toy simulator with one more state entry, computed from the rest."""

    class Simulator(toy.ToySimulator):
        def _snapshot(self) -> Snapshot:
            plain = super()._snapshot()
            distance = np.linalg.norm(self._hand - self._goal, axis=1, keepdims=True)
            more = value(self, distance).astype(np.float32)
            return Snapshot(plain.observation, np.concatenate([plain.state, more], axis=1))

    return Simulator


def test_a_true_declaration_has_no_findings():
    assert lint_task(toy.TASK) == []


@pytest.mark.parametrize("name", ["window-close-v3", "sweep-into-v3"])
def test_meta_world_fields_are_what_they_say(name):
    assert lint_task(get_task(f"metaworld/{name}")) == []


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.id)
def test_every_meta_world_field_is_what_it_says(task):
    assert lint_task(task, seed=1) == []


@pytest.mark.parametrize(("declared", "found"), [("reset", "step"), ("never", "step")])
def test_a_field_that_moves_must_say_so(declared, found):
    hand, goal = toy.TASK.fields
    said = messages(with_fields(dataclasses.replace(hand, varies=declared), goal))
    assert f"robot.ee_pos (training): is declared to vary by '{declared}' but varies by '{found}'" in said


def test_a_dead_field_is_found():
    task = with_fields(
        *toy.TASK.fields,
        Field("thing.x", (), "m", "x"),
        simulator=extra(lambda sim, distance: np.zeros_like(distance)),
    )
    assert "thing.x (training): is declared to vary by 'step' but varies by 'never'" in messages(task)


def test_without_an_expert_a_field_that_stays_still_is_only_a_warning():
    task = with_fields(
        *toy.TASK.fields,
        Field("thing.x", (), "m", "x"),
        simulator=extra(lambda sim, distance: np.zeros_like(distance)),
        expert=None,
    )
    assert messages(task).startswith("warning: thing.x")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (lambda sim, distance: -3 * distance + 1, "reward"),
        (lambda sim, distance: distance < 0.15, "success"),
        (lambda sim, distance: distance, "distance"),
    ],
)
def test_a_field_that_carries_the_judgement_is_found(value, what):
    task = with_fields(*toy.TASK.fields, Field("thing.x", (), "m", "x"), simulator=extra(value))
    assert f"thing.x (training): carries the simulator's {what}" in messages(task)


def test_a_state_with_a_number_that_the_simulator_rewards_is_only_a_warning():
    task = with_fields(
        *toy.TASK.fields,
        Field("thing.angles", (2,), "rad", "x"),
        simulator=extra(lambda sim, distance: np.hstack([np.sin(9 * distance), -3 * distance])),
    )
    assert "warning: thing.angles (training): its number 1, counted from 0, goes as the simulator's" in messages(task)
    assert "error" not in messages(task)


def test_a_number_that_the_policy_sees_and_the_simulator_rewards_is_only_a_warning():
    class Seen(extra(lambda sim, distance: distance)):
        def _snapshot(self):
            seen = super()._snapshot()
            return Snapshot(np.hstack([seen.observation, seen.state[:, -1:]]), seen.state)

    task = with_fields(*toy.TASK.fields, Field("thing.height", (), "m", "x"), simulator=Seen, observation_size=7)
    assert "warning: thing.height (training): it goes as the simulator's reward does. Keep it where" in messages(task)
    assert "error" not in messages(task)


@pytest.mark.parametrize("name", ["thing.quat", "thing.ee_quat"])
def test_orientations_have_length_one(name):
    def twice(sim, distance):
        return np.hstack([2 * np.cos(distance), 0 * distance, 0 * distance, 2 * np.sin(distance)])

    task = with_fields(*toy.TASK.fields, Field(name, (4,), "1", "x"), simulator=extra(twice))
    assert f"error: {name} (training): is a quaternion whose length is not 1." in messages(task)
    flat = with_fields(*toy.TASK.fields, Field(name, (3,), "1", "x"), simulator=extra(twice))
    assert f"error: {name} (declaration): is a quaternion of shape (3,)" in messages(flat)


def test_quaternions_that_look_like_xyzw_are_noted():
    def turned(sim, distance):
        angle = distance / 100
        return np.hstack([0 * angle, 0 * angle, np.sin(angle), np.cos(angle)])

    task = with_fields(*toy.TASK.fields, Field("thing.quat", (4,), "1", "x"), simulator=extra(turned))
    assert "note: thing.quat (training): its last number is about 1 when episodes start" in messages(task)


def test_a_wrong_shape_is_found():
    said = messages(with_fields(toy.TASK.fields[0]))
    assert "the state is float32 (16, 6); the fields declare float32 (16, 3)" in said


def test_a_nan_is_found():
    task = with_fields(
        *toy.TASK.fields,
        Field("thing.x", (), "m", "x"),
        simulator=extra(lambda sim, distance: np.full_like(distance, np.nan)),
    )
    assert "thing.x (training): is not finite" in messages(task)


def test_ignored_seeds_are_found():
    class Careless(toy.ToySimulator):
        def reset(self, seeds, stagger=None):
            return super().reset(np.random.randint(0, 2**31, self.num_envs), stagger)

    assert "same seeds gives different states" in messages(with_fields(*toy.TASK.fields, simulator=Careless))


def test_a_leaf_may_not_be_a_group_too():
    hand, goal = toy.TASK.fields
    said = messages(with_fields(hand, dataclasses.replace(goal, name="thing.robot")))
    assert "thing.robot (declaration): its last part is also the name of a group" in said
