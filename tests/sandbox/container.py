"""Starts a reward process under a system-call filter that refuses what Docker's default profile refuses.

The calls are those that Docker's documentation lists as blocked (docs.docker.com/engine/security/seccomp); a container
without privileges gets EPERM from each, and ENOSYS from clone3.

    python container.py [landlock]     with an argument, Landlock is refused as well, as by older profiles
"""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

import toy

from text2reward.sandbox import kernel, seccomp
from text2reward.sandbox.reward_server import RewardServer

BLOCKED = {  # x86-64, aarch64
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "get_mempolicy": (239, 236),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mbind": (237, 235),
    "mount": (165, 40),
    "move_pages": (279, 239),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "set_mempolicy": (238, 237),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
CLONE3 = 435
LANDLOCK = {"create": (444, 444), "add": (445, 445), "restrict": (446, 446)}


def refuse(calls: dict[str, tuple[int | None, int | None]]) -> None:
    """Have the kernel refuse ``calls`` to this process and all it starts, as the container's runtime would."""
    step, refused = seccomp.Instruction, seccomp.ERRNO | errno.EPERM
    program = [step(seccomp.LOAD_WORD, seccomp.NUMBER)]
    for numbers in calls.values():
        number = numbers[seccomp.COLUMN]
        if number is not None:
            program += [step(seccomp.JUMP_EQUAL, number, if_false=1), step(seccomp.RETURN, refused)]
    program += [step(seccomp.JUMP_EQUAL, CLONE3, if_false=1), step(seccomp.RETURN, seccomp.ERRNO | errno.ENOSYS)]
    kernel.no_new_privileges()
    seccomp.install([*program, step(seccomp.RETURN, seccomp.ALLOW)])


if __name__ == "__main__":
    refuse(BLOCKED | (LANDLOCK if sys.argv[1:] else {}))
    rewards = RewardServer("auto")
    process = rewards.process(toy.TASK.layout, 3, 64)
    process.load(toy.REACH)
    zeros = np.zeros((64, 6), dtype=np.float32)
    print(rewards.lock().tier, process(zeros, zeros[:, :3], zeros)["near"].shape)
