"""The lock seen from below: the program asks the kernel by number, with no library in between."""

from __future__ import annotations

import platform
from collections.abc import Iterator

import pytest
from hostile import attack
from outside import Outside
from servers import server
from test_hostile import LIMITS, attacked  # noqa: F401

from text2reward.sandbox import seccomp

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of x86-64")

ASK = """
def ask(number, *arguments):
    words = [ctypes.c_long(a) if real.isinstance(a, int) else a for a in arguments]
    words += [ctypes.c_long(0)] * (6 - len(words))
    return ctypes.get_errno() if libc.syscall(ctypes.c_long(number), *words) < 0 else 0
FILE, FOLDER, NEW = b"<CANARY>", b"<FOLDER>", b"<FOLDER>/new"
HERE, EXEC, CREATE = -100, 1, 0o101
SPACE = ctypes.create_string_buffer(4096)
SH = (ctypes.c_char_p * 4)(b"/bin/sh", b"-c", b"touch <FOLDER>/new", None)
OTHERS = (<MAIN_PID>, <SERVER_PID>, <TWIN_PID>)
"""

PROBES = [335, 336]
"""Calls that the kernel answers before it asks any filter: it ends a process that makes them outside a probe."""

FAMILIES = {
    "open a file": """
        ask(2, FILE, 2), ask(257, HERE, FILE, 2), ask(85, NEW, 0o600), ask(437, HERE, FILE, SPACE, 24)
    """,
    "open by handle": """
        ask(303, HERE, FILE, SPACE, SPACE, 0), ask(304, HERE, SPACE, 0)
    """,
    "look at files": """
        ask(4, FILE, SPACE), ask(6, FILE, SPACE), ask(262, HERE, FILE, SPACE, 0), ask(332, HERE, FILE),
        ask(21, FILE, 0), ask(89, FILE, SPACE, 99), ask(137, FILE, SPACE), ask(79, SPACE, 99), ask(217, 3,
        SPACE, 4096)
    """,
    "make files": """
        ask(83, NEW, 0o700), ask(258, HERE, NEW, 0o700), ask(133, NEW, 0o600, 0), ask(86, FILE, NEW),
        ask(88, FILE, NEW), ask(266, FILE, HERE, NEW), ask(265, HERE, FILE, HERE, NEW, 0), ask(259, HERE,
        NEW, 0o600)
    """,
    "remove files": """
        ask(87, FILE), ask(263, HERE, FILE, 0), ask(84, b'<FOLDER>/inner'), ask(82, FILE, NEW), ask(264,
        HERE, FILE, HERE, NEW), ask(316, HERE, FILE, HERE, NEW, 0), ask(76, FILE, 0), ask(77, 3, 0)
    """,
    "change files": """
        ask(90, FILE, 0), ask(92, FILE, 1, 1), ask(268, HERE, FILE, 0), ask(260, HERE, FILE, 1, 1, 0),
        ask(280, HERE, FILE, 0, 0), ask(132, FILE, 0), ask(188, FILE, b'user.x', b'x', 1, 0), ask(452, HERE,
        FILE, 0, 0)
    """,
    "make descriptors": """
        ask(319, b'x', 0), ask(447, 0), ask(22, SPACE), ask(293, SPACE, 0), ask(290, 0, 0), ask(291, 0),
        ask(283, 0, 0), ask(289, -1, SPACE, 8, 0), ask(294, 0), ask(300, 0, 0), ask(323, 0), ask(53, 1, 1,
        0)
    """,
    "copy descriptors": """
        ask(32, 3), ask(33, 3, 9), ask(292, 3, 9, 0), ask(72, 3, 0), ask(436, 3, 9, 0), ask(47, 3, SPACE)
    """,
    "sockets": """
        ask(41, 2, 1, 0), ask(41, 1, 1, 0), ask(41, 2, 2, 0), ask(41, 16, 3, 0), ask(41, 17, 3, 0), ask(42,
        3, SPACE, 16), ask(49, 3, SPACE, 16), ask(50, 3, 1), ask(43, 3, 0, 0), ask(288, 3, 0, 0, 0)
    """,
    "send": """
        ask(44, 3, FILE, 4, 0, 0, 0), ask(46, 3, SPACE, 0), ask(307, 3, SPACE, 1, 0), ask(40, 3, 3, 0, 4),
        ask(275, 3, 0, 3, 0, 4, 0), ask(276, 3, 3, 4, 0), ask(278, 3, SPACE, 1, 0), ask(20, 3, SPACE, 1),
        ask(18, 3, FILE, 4, 0), ask(296, 3, SPACE, 1, 0, 0), ask(48, 3, 2), ask(16, 3, 0x5412, SPACE)
    """,
    "messages": """
        ask(68, 1, 0o1600), ask(69, 0, SPACE, 8, 0), ask(240, b'/x', CREATE, 0o600, 0), ask(242, 3, SPACE,
        8)
    """,
    "start": """
        ask(57), ask(58), ask(56, 17), ask(435, SPACE, 88), ask(59, SH[0], SH, 0), ask(322, HERE, SH[0], SH,
        0, 0)
    """,
    "threads": """
        ask(56, 0x10f00, SPACE)
    """,
    "signal": """
        *[ask(62, pid, 9) for pid in OTHERS], *[ask(200, pid, 9) for pid in OTHERS], ask(62, -1, 9),
        *[ask(234, pid, pid, 9) for pid in OTHERS], *[ask(129, pid, 9, SPACE) for pid in OTHERS], ask(424,
        3, 9, 0, 0), *[ask(297, pid, pid, 9, SPACE) for pid in OTHERS], ask(62, 0, 9)
    """,
    "signals to itself later": """
        ask(38, 0, SPACE, 0), ask(37, 1), ask(222, 0, 0, SPACE), ask(13 + 114, SPACE, 8)
    """,
    "share memory": """
        ask(29, 1, 4096, 0o1600), ask(30, 0, 0, 0), ask(31, 0, 0, 0), ask(64, 1, 1, 0o1600), ask(65, 0,
        SPACE, 1)
    """,
    "map": """
        ask(216, SPACE, 4096, 0, 0, 0), ask(149, SPACE, 4096), ask(151, 1), ask(325, SPACE, 4096, 0),
        ask(329, SPACE, 4096, 7, -1), ask(237, SPACE, 4096, 1, 0, 0), ask(279, <TWIN_PID>, 1, SPACE, 0, 0,
        0), ask(440, 3, SPACE, 1, 4, 0), ask(154, 1, SPACE, 16)
    """,
    "trace": """
        *[ask(101, 16, pid) for pid in OTHERS], ask(101, 0), *[ask(310, pid, SPACE, 1, SPACE, 1) for pid in
        OTHERS], *[ask(311, pid, SPACE, 1, SPACE, 1) for pid in OTHERS], ask(312, *OTHERS[:2]), *[ask(434,
        pid, 0) for pid in OTHERS], ask(438, 3, 3, 0), ask(298, SPACE, 0, -1, -1, 0)
    """,
    "rights": """
        ask(105, 0), ask(106, 0), ask(117, 0, 0, 0), ask(119, 0, 0, 0), ask(126, SPACE, SPACE), ask(116, 0,
        0), ask(113, 0, 0), ask(160, 7, SPACE), ask(302, 0, 7, SPACE, 0), ask(302, <MAIN_PID>, 7, SPACE, 0),
        ask(157, 15, SPACE), ask(157, 4, 1), ask(317, 1, 0, SPACE), ask(158, 0x1002, 0), ask(444, SPACE, 8,
        0), ask(135, 0x40000)
    """,
    "other views": """
        ask(272, 0x10000000), ask(308, 3, 0), ask(161, FOLDER), ask(80, FOLDER), ask(165, FILE, FOLDER,
        FILE), ask(166, FOLDER, 0), ask(155, FOLDER, FOLDER), ask(428, HERE, FOLDER, 0), ask(430, FILE, 0),
        ask(112), ask(109, 0, 0), ask(141, 0, <MAIN_PID>, 5), ask(203, <MAIN_PID>, 8, SPACE), ask(144,
        <MAIN_PID>, 0, SPACE), ask(95, 0)
    """,
    "around the filter": """
        ask(425, 4, SPACE), ask(426, 3, 1, 0, 0), ask(427, 3, 0, 0, 0), ask(321, 5, SPACE, 128), ask(400),
        ask(500), ask(1000)
    """,
    "around what is allowed in part": """
        ask(28, SPACE, 4096, 9), ask(28, SPACE, 4096, 100), ask(28, SPACE, 4096, 101), ask(28, SPACE, 4096, 12),
        *[ask(204, pid, 128, SPACE) for pid in OTHERS], *[ask(228, (~pid << 3) | 2, SPACE) for pid in OTHERS],
        *[ask(229, (~pid << 3) | 2, SPACE) for pid in OTHERS], ask(234, 1, 1, 0), ask(230, -6, 0, SPACE, 0)
    """,
    "keys": """
        ask(250, 0, -3, 1), ask(248, FILE, FILE, FILE, 4, -3), ask(249, FILE, FILE, 0, -3)
    """,
    "the machine": """
        ask(169, 0, 0, 0), ask(170, b'x', 1), ask(171, b'x', 1), ask(164, SPACE, 0), ask(227, 0, SPACE),
        ask(175, SPACE, 0, b''), ask(313, 3, b'', 0), ask(246, 0), ask(167, FILE, 0), ask(103, 5), ask(172,
        3), ask(163, FILE), ask(305, 0, SPACE), ask(176, b'x', 0), ask(153)
    """,
}


@pytest.fixture
def outside(tmp_path, attacked) -> Iterator[Outside]:  # noqa: F811
    world = Outside(tmp_path, attacked)
    yield world
    world.close()


@pytest.mark.parametrize("calls", FAMILIES.values(), ids=FAMILIES)
def test_no_call_that_reaches_further_gets_through(outside, calls):
    heard = outside.attack(attack(f"raise real.ValueError('got ' + str([{calls}]))", top=ASK), LIMITS)
    told = heard.partition("got [")[2].partition("]")[0].split(", ")
    assert told
    assert set(told) <= {"1", "38"}, heard  # EPERM, and for clone3 alone ENOSYS
    assert told.count("38") == calls.count("435"), heard
    outside.unharmed(heard)


def test_every_number_that_is_not_on_the_list_is_refused(rewards, tmp_path):
    world = Outside(tmp_path, rewards)
    skipped = [numbers[0] for numbers in seccomp.ALLOWED.values()] + PROBES
    skipped += [numbers[0] for numbers, _, _ in seccomp.GUARDED.values()]
    source = attack(
        f"through = [n for n in real.range(1100) if n not in {skipped} and ask(n) != (38 if n == 435 else 1)]",
        "raise real.ValueError('through: ' + str(through))",
        top=ASK,
    )
    heard = world.attack(source, LIMITS)
    assert "through: []" in heard
    world.unharmed(heard)
    world.close()


OTHER_DOORS = {
    "x32": attack("ask(0x40000000 + 2, FILE, 2)", top=ASK),
    "minus one": attack("ask(-1)", top=ASK),
    "i386": attack(
        "page = modules['mmap'].mmap(-1, 4096, prot=7)",
        r"page.write(b'\xb8\x14\x00\x00\x00\xcd\x80\xc3')",  # mov eax, getpid; int 0x80; ret
        "where = ctypes.addressof(ctypes.c_char.from_buffer(page))",
        "ctypes.CFUNCTYPE(ctypes.c_int)(where)()",
        top=ASK,
    ),
}


@pytest.mark.parametrize("source", OTHER_DOORS.values(), ids=OTHER_DOORS)
def test_another_architectures_numbers_end_the_process(outside, source):
    heard = outside.attack(source, LIMITS)
    assert "SIGSYS" in heard
    outside.unharmed(heard)


def test_the_attacks_would_get_through_without_the_lock(tmp_path):
    with server(mode="off") as rewards:
        world = Outside(tmp_path, rewards)
        heard = world.attack(
            attack(f"raise real.ValueError('got ' + str([{FAMILIES['make files']}]))", top=ASK), LIMITS
        )
        assert "got [0, " in heard
        with pytest.raises(AssertionError):
            world.unharmed(heard)
        world.close()
