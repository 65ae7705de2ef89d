"""Scores parts in several processes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, as_completed

from threadpoolctl import threadpool_limits

from apvg_core.errors import ApvgError, ConfigError
from apvg_core.evaluation.parts import Part, score_part
from apvg_core.media.isolate import ProcessDiedError, isolated_threads
from apvg_core.progress import Progress


def score_parts(parts: Sequence[Part], *, jobs: int) -> Iterator[tuple[Part, int]]:
    """Score parts, `jobs` at a time; yields each with its number of frames as it is done.

    Raises:
        ApvgError: As `score_part`; what is scored by then stays.
    """
    if jobs == 1:
        for part in parts:
            yield part, score_part(part)
        return
    with isolated_threads(jobs) as (threads, call):
        pending: dict[Future[int], Part] = {
            threads.submit(call, _score_alone, part, path=part.shard): part for part in parts
        }
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        except ProcessDiedError as error:
            raise ConfigError(
                "A process of the evaluation died, perhaps for lack of memory; repeat the command with "
                "fewer --jobs, and it continues from there."
            ) from error
        except ApvgError:
            threads.shutdown(cancel_futures=True)  # what has begun is scored
            raise


def _score_alone(part: Part, *, progress: Progress) -> int:  # noqa: ARG001 (run_isolated's form)
    """Score a part in a process that has one core to itself."""
    threadpool_limits(1)
    return score_part(part)
