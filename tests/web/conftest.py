from __future__ import annotations

import pytest
from browser import CHROMIUM, NO_BROWSER


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(NO_BROWSER, red=True, bold=True)
