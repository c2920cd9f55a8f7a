"""Doing several blocking things at once, without keeping the program alive when it is interrupted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Sequence[T], at_once: int, settle: bool = False) -> Iterator[R]:
    """``work(item)`` for every item, at most ``at_once`` at a time, results in the items' order.

    The threads are daemons: an interrupt in the main thread ends the program even while one of them waits.
    An exception of one item is raised when its turn comes, and nothing more is started. With ``settle``, those that
    were started are finished first: what they bring may have been paid for.
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
                stop.set()
                results[index].put((None, error))

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(at_once, len(items)))]
    for thread in threads:
        thread.start()
    try:
        for result in results:
            value, error = result.get()
            if error is not None:
                stop.set()
                for thread in threads if settle else ():
                    thread.join()
                raise error
            yield value  # type: ignore[misc]
    finally:
        stop.set()
