from __future__ import annotations

import numpy as np
import pytest

from text2reward.envs import Field, StateLayout
from text2reward.errors import UserError


def test_a_layout_unpacks_what_it_describes():
    layout = StateLayout([Field("a.pos", (3,), "m", "x"), Field("a.open", (), "1", "x", dtype="bool")], {"dt": 0.1})
    packed = np.array([[1, 2, 3, 1], [4, 5, 6, 0]], dtype=np.float32)
    fields = layout.unpack(packed)
    assert layout.size == 4
    assert fields["a.pos"].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert fields["a.open"].tolist() == [True, False]
    assert layout.to_json()["fields"][1] == {"name": "a.open", "shape": [], "dtype": "bool", "start": 3}
    assert layout.to_json()["constants"] == {"dt": 0.1}


@pytest.mark.parametrize("name", ["pos", "a.b.c", "A.pos", "a.class", "a.1", "a._x", ""])
def test_a_field_must_be_group_dot_leaf(name):
    with pytest.raises(UserError, match=r"group\.leaf"):
        Field(name, (3,), "m", "x")


def test_a_field_cannot_be_declared_twice():
    with pytest.raises(UserError, match="twice"):
        StateLayout([Field("a.pos", (3,), "m", "x"), Field("a.pos", (1,), "m", "x")])


def test_a_signature_says_type_shape_and_unit():
    assert Field("a.pos", (3,), "m", "x").signature == "float32 (B, 3), m"
    assert Field("a.open", (), "1", "x", dtype="bool").signature == "bool (B,), no unit"


def test_a_part_of_a_layout_keeps_its_order_constants_and_places_in_the_observation():
    fields = [Field("hand.pos", (2,), "m", "x"), Field("cube.pos", (1,), "m", "x"), Field("goal.pos", (2,), "m", "x")]
    whole = StateLayout(fields, {"dt": 0.1}, (7, 8, 3, 0, 1))
    part = whole.part(["goal.pos", "hand.pos"])
    assert part.names == ("hand.pos", "goal.pos")
    assert (part.observed, part.constants, part.size) == ((7, 8, 0, 1), {"dt": 0.1}, 4)
    assert StateLayout(fields).part(["cube.pos"]).observed == ()
