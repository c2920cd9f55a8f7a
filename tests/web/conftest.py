from __future__ import annotations

import pytest
import served
from browser import CHROMIUM, NO_BROWSER


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(NO_BROWSER, red=True, bold=True)


@pytest.fixture
def writer(tmp_path):
    opened = served.written(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def server(writer):
    with served.serving(writer.folder) as started:
        yield started
