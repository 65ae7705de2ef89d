"""The constant-Q transform of the sound (being written)."""
from typing import Literal
CqtMode = Literal["continuous", "clip"]
