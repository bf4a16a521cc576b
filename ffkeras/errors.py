"""The one exception for mistakes that a user can mend."""

LONGEST_REASON = 200  # characters; an interpreter may complain of every tensor of a file


class UserError(Exception):
    """Bad input. The message is one sentence that names the file or value and says what to do."""


def reason_of(error: BaseException) -> str:
    """What another library says went wrong, fit for a sentence: one line, 200 characters at most; else its kind."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 3] + "..."
