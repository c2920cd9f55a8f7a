"""Doing several blocking things at once, without keeping the program alive when it is interrupted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Sequence[T], at_once: int) -> Iterator[R]:
    """``work(item)`` for every item, at most ``at_once`` at a time, results in the items' order.

    The threads are daemons: an interrupt in the main thread ends the program even while one of them waits.
    An exception of one item is raised when its turn comes; items that nobody started by then are dropped.
    """
    results: list[queue.SimpleQueue[tuple[R | None, BaseException | None]]] = [queue.SimpleQueue() for _ in items]
    waiting = iter(range(len(items)))
    lock = threading.Lock()
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with lock:
                index = next(waiting, None)
            if index is None:
                return
            try:
                results[index].put((work(items[index]), None))
            except BaseException as error:
                results[index].put((None, error))

    for _ in range(min(at_once, len(items))):
        threading.Thread(target=run, daemon=True).start()
    try:
        for result in results:
            value, error = result.get()
            if error is not None:
                raise error
            yield value  # type: ignore[misc]
    finally:
        stop.set()
