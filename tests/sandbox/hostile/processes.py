"""Starting, signalling and tracing processes."""

from __future__ import annotations

from . import attack, trying

IDEAS = {
    "os.system": trying("os.system('touch <FOLDER>/new')"),
    "fork": trying("os.fork()"),
    "fork bomb": attack("for i in real.range(200):", "    try: os.fork()", "    except real.OSError: pass"),
    "exec": trying("os.execv('/bin/sh', ['sh', '-c', 'touch <FOLDER>/new'])"),
    "spawn": trying("os.posix_spawn('/bin/sh', ['sh', '-c', 'touch <FOLDER>/new'], {})"),
    "kill everyone": trying(
        "os.kill(<MAIN_PID>, 9)", "os.kill(<SERVER_PID>, 9)", "os.kill(<TWIN_PID>, 9)", "os.killpg(0, 9)"
    ),
    "stop the parent": trying("os.kill(os.getppid(), 19)"),
    "kill all": trying("os.kill(-1, 15)"),
    "leave the session": trying("os.setsid()", "os.setpgid(0, 0)", "os.setpgid(<TWIN_PID>, 0)"),
    "priorities": trying("os.setpriority(0, <MAIN_PID>, 19)", "os.nice(-5)"),
    "limits of others": trying("modules['resource'].prlimit(<MAIN_PID>, 7, (0, 0))"),
}
