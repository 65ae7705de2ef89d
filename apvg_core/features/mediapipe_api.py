"""Which of MediaPipe's two interfaces the installed release has."""

from types import ModuleType

from apvg_core.features import mediapipe_solutions, mediapipe_tasks
from apvg_core.features.pose_models import has_models


def mediapipe_api() -> ModuleType:
    """Returns `mediapipe_solutions` or `mediapipe_tasks`, whose classes have the same names and calls.

    Only the releases that hold their models have solutions.
    """
    return mediapipe_solutions if has_models() else mediapipe_tasks
