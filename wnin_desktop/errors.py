"""The one tree of errors. A message says what, which value, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_VALUE = 240
"""Characters of a value that a message shows; a path must be whole to be of use."""


class WninError(Exception):
    """Anything this program raises on purpose; `exit_code` is what the command line returns."""

    exit_code = 1


class _Nothing:
    """The value of a field that was not given."""

    def __repr__(self) -> str:
        return "nothing"


NOTHING = _Nothing()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input: where, what was given, what is allowed."""

    field: str
    value: object
    allowed: str
    line: int | None = None
    """Line of the file it stands on, counted from 1, where there is a file."""

    def sentence(self) -> str:
        """Return one sentence naming the field, the value and what is allowed."""
        shown = repr(self.value)
        if len(shown) > LONGEST_VALUE:
            shown = shown[: LONGEST_VALUE - 3] + "..."
        return f"{self.field}: {shown} is not accepted; {self.allowed}."


class InputError(WninError):
    """What the user gave cannot be used. Holds every problem found, not only the first."""

    exit_code = 2

    def __init__(self, problems: Problem | list[Problem], *, source: str | None = None) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        self.source = source
        super().__init__(self.message())

    @classmethod
    def of(cls, field: str, value: object, allowed: str, *, source: str | None = None) -> InputError:
        """Return the error for one field."""
        return cls(Problem(field, value, allowed), source=source)

    def message(self) -> str:
        """Return one line per problem, each led by the file it came from."""
        return "\n".join(self._lead(problem) + problem.sentence() for problem in self.problems)

    def _lead(self, problem: Problem) -> str:
        if not self.source:
            return ""
        return f"{self.source}:{problem.line}: " if problem.line else f"{self.source}: "


class DataError(WninError):
    """A data set is missing, unreadable or damaged."""


class StoreError(WninError):
    """The run store could not do what was asked."""


class DiskFullError(StoreError):
    """No space is left where the store lives; nothing partial was kept."""


class StoreLockedError(StoreError):
    """Another process is writing this store."""


class CheckpointError(WninError):
    """A checkpoint is damaged, hostile or belongs to something else; it was not loaded."""


class PluginError(WninError):
    """A plugin file could not be loaded or misbehaved."""


class StreamError(WninError):
    """The event stream could not be opened or was refused."""


class TrainingError(WninError):
    """Training could not go on."""


class StoppedByUser(WninError):  # noqa: N818 - it is a person's wish, not a fault
    """Somebody asked it to end; what was recorded is kept."""

    exit_code = 130
