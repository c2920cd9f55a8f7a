"""The bodies as data: joints, feet and motors, as their MJCF files in ``gymnasium/envs/mujoco/assets`` say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from text2reward.envs.field import Field
from text2reward.envs.task import Action

End = Literal[-1, 0, 1]
"""A capsule's end along its own z axis, or with 0 its centre."""


@dataclass(frozen=True)
class Joint:
    """A hinge.

    Args:
        name: what its fields are grouped by: ``<name>.angle`` and ``<name>.vel``.
        doc: which joint it is and how far it goes.
        mjcf: its name in the MJCF file, where that is another one.
    """

    name: str
    doc: str
    mjcf: str = ""


@dataclass(frozen=True)
class Foot:
    """A point on the body that touches the ground.

    Args:
        name: what its position is grouped by: ``<name>.pos``.
        doc: what it is.
        geom: the geom in the MJCF file.
        end: where on it.
    """

    name: str
    doc: str
    geom: str
    end: End = 0


@dataclass(frozen=True)
class Robot:
    """A body in MuJoCo.

    Args:
        name: its name in Gymnasium and EnvPool, for example ``Hopper``.
        assets: its MJCF file in Gymnasium's folder of assets.
        planar: it moves in the x-z plane only, by two slides and a hinge; otherwise it moves freely.
        joints: in the order in which they lie in ``qpos``.
        feet: the points that touch the ground.
        motors: the joint that each entry of the action drives, and its torque at 1, N m.
        most: an entry's largest value.
        observed_speed: the limit to which Gymnasium clips the velocities that the policy observes; None for none.
        simulator_dt: seconds in a simulator step.
        observation_size: length of what the policy observes.
        falls: Gymnasium's environment ends an episode in which it falls, unless told not to.
        doc: what it looks like, in prose.
    """

    name: str
    assets: str
    planar: bool
    joints: tuple[Joint, ...]
    feet: tuple[Foot, ...]
    motors: tuple[tuple[str, float], ...]
    simulator_dt: float
    observation_size: int
    doc: str
    most: float = 1.0
    observed_speed: float | None = None
    falls: bool = True

    @property
    def id(self) -> str:
        """Its id in Gymnasium and in EnvPool."""
        return f"{self.name}-v5"

    @property
    def root(self) -> tuple[int, int]:
        """How many numbers of ``qpos`` and ``qvel`` say where the torso is."""
        return (3, 3) if self.planar else (7, 6)

    @property
    def sizes(self) -> tuple[int, int]:
        """Lengths of ``qpos`` and ``qvel``."""
        return self.root[0] + len(self.joints), self.root[1] + len(self.joints)

    @property
    def unobserved(self) -> int:
        """How many numbers of ``qpos``, the horizontal position, the policy does not observe."""
        return 1 if self.planar else 2

    @property
    def action(self) -> Action:
        """The torques."""
        entries = (f"torque on {joint}, {torque * self.most:g} N m at {self.most:g}" for joint, torque in self.motors)
        return Action(-self.most, self.most, tuple(entries))

    @property
    def fields(self) -> tuple[Field, ...]:
        """What of its state a reward program may read, in the order in which :mod:`.pose` packs it."""
        fields = [
            Field("torso.pos", (3,), "m", "the torso's centre"),
            Field("torso.quat", (4,), "1", "the torso's orientation, wxyz"),
            Field("torso.up", (3,), "1", "the torso's own z axis in the world: (0, 0, 1) when it is level"),
            Field("torso.lin_vel", (3,), "m/s", "the torso's velocity"),
            Field("torso.ang_vel", (3,), "rad/s", "the torso's angular velocity about the world's axes"),
        ]
        if self.planar:
            doc = "the torso's turn about y, counted on beyond a full turn; positive leans forward"
            fields.append(Field("torso.pitch", (), "rad", doc))
        for joint in self.joints:
            fields.append(Field(f"{joint.name}.angle", (), "rad", joint.doc))
            fields.append(Field(f"{joint.name}.vel", (), "rad/s", f"angular velocity of {joint.name}"))
        fields += [Field(f"{foot.name}.pos", (3,), "m", foot.doc) for foot in self.feet]
        return tuple(fields)


def _leg(side: str, suffix: str) -> tuple[Joint, ...]:
    """One leg of the hopper or the walker; its MJCF names are kept."""
    return (
        Joint(f"thigh{suffix}_joint", f"the {side}hip: 0 in line with the torso, to -2.62 as the thigh swings back"),
        Joint(f"leg{suffix}_joint", f"the {side}knee: 0 when straight, to -2.62 as it bends"),
        Joint(
            f"foot{suffix}_joint",
            f"the {side}ankle: 0 at a right angle, -0.785 to 0.785; positive lifts the toe",
        ),
    )


HOPPER = Robot(
    name="Hopper",
    assets="hopper.xml",
    planar=True,
    joints=_leg("", ""),
    feet=(Foot("foot", "the foot's centre; 0.06 m above the ground when the foot lies flat on it", "foot_geom"),),
    motors=(("thigh_joint", 200.0), ("leg_joint", 200.0), ("foot_joint", 200.0)),
    simulator_dt=0.008,
    observation_size=11,
    observed_speed=10.0,
    doc=(
        "A body with one leg that moves in the x-z plane only. From the top: a torso 0.4 m long, a thigh of 0.45 m, a "
        "leg of 0.5 m and a foot of 0.39 m. It starts upright on its foot, the torso's centre 1.25 m high."
    ),
)

WALKER = Robot(
    name="Walker2d",
    assets="walker2d_v5.xml",
    planar=True,
    joints=(*_leg("right ", ""), *_leg("left ", "_left")),
    feet=(
        Foot("right_foot", "the right foot's centre; 0.06 m above the ground when it lies flat on it", "foot_geom"),
        Foot("left_foot", "the left foot's centre; 0.06 m above the ground when it lies flat on it", "foot_left_geom"),
    ),
    motors=(
        ("thigh_joint", 100.0),
        ("leg_joint", 100.0),
        ("foot_joint", 100.0),
        ("thigh_left_joint", 100.0),
        ("leg_left_joint", 100.0),
        ("foot_left_joint", 100.0),
    ),
    simulator_dt=0.008,
    observation_size=17,
    observed_speed=10.0,
    doc=(
        "A body with two legs that moves in the x-z plane only. From the top: a torso 0.4 m long, and on either side a "
        "thigh of 0.45 m, a leg of 0.5 m and a foot of 0.2 m. It starts upright on its feet, the torso's centre 1.25 m "
        "high."
    ),
)

CHEETAH = Robot(
    name="HalfCheetah",
    assets="half_cheetah.xml",
    planar=True,
    joints=(
        Joint("bthigh", "the back hip, -0.52 to 1.05; positive swings the thigh back"),
        Joint("bshin", "the back knee, -0.785 to 0.785; positive swings the shin back"),
        Joint("bfoot", "the back ankle, -0.4 to 0.785; positive swings the foot back"),
        Joint("fthigh", "the front hip, -1 to 0.7; positive swings the thigh back"),
        Joint("fshin", "the front knee, -1.2 to 0.87; positive swings the shin back"),
        Joint("ffoot", "the front ankle, -0.5 to 0.5; positive swings the foot back"),
    ),
    feet=(
        Foot("back_foot", "the middle of the back foot, a rod of 0.28 m", "bfoot"),
        Foot("front_foot", "the middle of the front foot, a rod of 0.23 m", "ffoot"),
    ),
    motors=(("bthigh", 120.0), ("bshin", 90.0), ("bfoot", 60.0), ("fthigh", 120.0), ("fshin", 60.0), ("ffoot", 30.0)),
    simulator_dt=0.05,
    observation_size=17,
    falls=False,
    doc=(
        "A running body with a back leg and a front leg that moves in the x-z plane only. Its torso lies level, 1 m "
        "long, with a head at the front (+x); its centre starts 0.7 m high. Springs hold the legs straight."
    ),
)


def _ant_leg(side: str, number: int, down: bool) -> tuple[Joint, Joint]:
    """One leg of the ant. MJCF numbers its joints and takes back for right in its names; here places name them."""
    words = side.replace("_", " ")
    bent = "0.52 to 1.22, more is further down" if down else "-1.22 to -0.52, less is further down"
    hip = Joint(f"{side}_hip", f"the {words} leg's swing, -0.52 to 0.52; positive is counter-clockwise from above")
    ankle = Joint(f"{side}_ankle", f"how far down the {words} leg's outer part points, {bent}")
    return (
        Joint(hip.name, hip.doc, f"hip_{number}"),
        Joint(ankle.name, ankle.doc, f"ankle_{number}"),
    )


def _ant_foot(side: str, geom: str, end: End) -> Foot:
    words = side.replace("_", " ")
    return Foot(f"{side}_foot", f"the tip of the {words} leg; 0.08 m high when it stands on the ground", geom, end)


ANT = Robot(
    name="Ant",
    assets="ant.xml",
    planar=False,
    joints=(
        *_ant_leg("front_left", 1, down=True),
        *_ant_leg("back_left", 2, down=False),
        *_ant_leg("back_right", 3, down=False),
        *_ant_leg("front_right", 4, down=True),
    ),
    feet=(
        _ant_foot("front_left", "left_ankle_geom", -1),
        _ant_foot("back_left", "right_ankle_geom", -1),
        _ant_foot("back_right", "third_ankle_geom", -1),
        _ant_foot("front_right", "fourth_ankle_geom", -1),
    ),
    motors=tuple(
        (f"{side}_{joint}", 150.0)
        for side in ("front_right", "front_left", "back_left", "back_right")
        for joint in ("hip", "ankle")
    ),
    simulator_dt=0.05,
    observation_size=105,
    doc=(
        "A body with four legs. Its torso is a ball of 0.25 m radius; each leg stands out from it by two parts of "
        "0.28 m, which swing to the side at the hip, and ends in an outer part of 0.57 m that the ankle bends down. It "
        "starts level, 0.75 m high, facing +x."
    ),
)


def _humanoid_leg(side: str) -> tuple[Joint, ...]:
    return (
        Joint(f"{side}_hip_x", f"the {side} hip, -0.44 to 0.09; negative swings the thigh outwards"),
        Joint(f"{side}_hip_z", f"the {side} hip, -1.05 to 0.61; positive turns the thigh inwards"),
        Joint(f"{side}_hip_y", f"the {side} hip, -1.92 to 0.35; negative swings the thigh forward"),
        Joint(f"{side}_knee", f"the {side} knee, -2.79 to -0.03; down as it bends"),
    )


def _humanoid_arm(side: str, low: float, high: float) -> tuple[Joint, ...]:
    return (
        Joint(f"{side}_shoulder1", f"the {side} shoulder's first axis, {low:g} to {high:g}"),
        Joint(f"{side}_shoulder2", f"the {side} shoulder's second axis, {low:g} to {high:g}"),
        Joint(f"{side}_elbow", f"the {side} elbow, -1.57 to 0.87"),
    )


_HUMANOID_LEG_TORQUES = (("hip_x", 100.0), ("hip_z", 100.0), ("hip_y", 300.0), ("knee", 200.0))

HUMANOID = Robot(
    name="Humanoid",
    assets="humanoid.xml",
    planar=False,
    joints=(
        Joint("abdomen_z", "the waist's turn, -0.79 to 0.79; positive turns the hips to the left"),
        Joint("abdomen_y", "the waist's bend, -1.31 to 0.52; negative swings the hips forward"),
        Joint("abdomen_x", "the waist's lean, -0.61 to 0.61; positive swings the hips to the left"),
        *_humanoid_leg("right"),
        *_humanoid_leg("left"),
        *_humanoid_arm("right", -1.48, 1.05),
        *_humanoid_arm("left", -1.05, 1.48),
    ),
    feet=(
        Foot("right_foot", "the right foot, a ball of 0.075 m radius", "right_foot"),
        Foot("left_foot", "the left foot, a ball of 0.075 m radius", "left_foot"),
    ),
    motors=(
        ("abdomen_y", 100.0),
        ("abdomen_z", 100.0),
        ("abdomen_x", 100.0),
        *((f"{side}_{joint}", torque) for side in ("right", "left") for joint, torque in _HUMANOID_LEG_TORQUES),
        *((f"{side}_{joint}", 25.0) for side in ("right", "left") for joint in ("shoulder1", "shoulder2", "elbow")),
    ),
    most=0.4,
    simulator_dt=0.015,
    observation_size=348,
    doc=(
        "A body with torso, waist, two legs and two arms, facing +x. It starts upright on its feet, the torso's centre "
        "1.4 m high."
    ),
)
