"""A request to stop (Ctrl-C, a scheduler's SIGTERM, a closed terminal): the step at hand ends first."""

import logging
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn, Self

SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP

log = logging.getLogger(__name__)


class StopRequest:
    """A context manager that notes signals to stop instead of obeying them at once.

    A second signal does stop at once. What nohup ignores stays ignored. Only the main thread may handle
    signals; in any other nothing is noted.

    Attributes:
        noted: True once somebody asked to stop.
    """

    def __init__(self) -> None:
        self.noted = False
        self._number = int(signal.SIGINT)
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for name in SIGNALS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._handlers[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._number = number
        if self.noted:
            self.obey()
        self.noted = True
        log.info("Finishing this step and writing a checkpoint; press Ctrl-C again to stop at once.")

    def obey(self) -> NoReturn:
        """Stop as whoever handles the signal otherwise would.

        Raises:
            KeyboardInterrupt: The former handler did not end the process.
        """
        handler = self._handlers.get(self._number)
        if callable(handler):
            handler(self._number, None)
        raise KeyboardInterrupt
