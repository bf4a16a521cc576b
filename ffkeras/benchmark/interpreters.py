"""Opening any .tflite file, with or without our record."""

from collections.abc import Callable

from ffkeras.errors import UserError, reason_of
from ffkeras.quiet import quiet_stderr
from ffkeras.runtime.interpreter import preferred_interpreter_class


def open_interpreter(
    model: bytes, num_threads: int, name: str = "the model", interpreter_class: Callable | None = None
):
    """An allocated interpreter of a .tflite file.

    Args:
        model: the file's bytes.
        num_threads: of the interpreter.
        name: what the sentence of an error calls the file.
        interpreter_class: makes an interpreter; None takes the one that a detector would take.

    Raises:
        UserError: the interpreter refuses the file.
    """
    make = interpreter_class or preferred_interpreter_class()
    try:
        with quiet_stderr():
            interpreter = make(model_content=model, num_threads=num_threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{name} cannot be loaded ({reason_of(error)}); check the file.") from error
    return interpreter
