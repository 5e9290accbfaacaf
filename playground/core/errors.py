"""One family of errors for all trouble that can be explained to a visitor.

An error carries a code and the facts; the sentence comes from the language catalogs, so the
same error reads well in English, in Chinese, on the page and on the command line.
"""

from dataclasses import dataclass, field
from typing import Any

from playground import words


class PlaygroundError(Exception):
    """Expected, explainable trouble: bad input, a limit reached, a shape that does not fit.

    Args:
        code: key in the `[errors]` table of the language catalogs.
        **params: the facts that the sentence names.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def notice(self) -> "Notice":
        return Notice(self.code, dict(self.params))

    def sentence(self, language: str = "en") -> str:
        return self.notice().sentence(language)

    def __str__(self) -> str:
        return self.sentence()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.code, self.params)


def _rebuild(code: str, params: dict[str, object]) -> PlaygroundError:
    return PlaygroundError(code, **params)


@dataclass(frozen=True)
class Notice:
    """Something the visitor should be told, as plain data."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def sentence(self, language: str = "en") -> str:
        try:
            return words.text(language, f"errors.{self.code}", **self.params)
        except KeyError:
            # A test holds the catalogs complete; should one slip through all the same, a bare
            # code helps more than a traceback.
            return f"{self.code} {self.params}"

    def as_dict(self) -> dict[str, Any]:
        return {"code": self.code, "params": self.params}
