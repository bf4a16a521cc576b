"""The one exception for mistakes that a user can mend."""


class UserError(Exception):
    """Bad input. The message is one sentence that names the file or value and says what to do."""
