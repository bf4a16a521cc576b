"""The parsers of the tools and of `ffkeras`, called in this process with a page's arguments."""

import argparse
import contextlib
import functools
import importlib
import importlib.util
import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from unittest import mock

from ffkeras.commands import SUBCOMMANDS
from ffkeras.errors import UserError
from tests.pages.markdown import ROOT
from tests.pages.words import WrongCommandError


class _ParsedError(Exception):
    """Ends a call of which only the options count; not an error of anyone."""


@functools.cache
def load_script(path: str) -> ModuleType:
    """Import a script of the repository by its path from the root."""
    spec = importlib.util.spec_from_file_location(f"page_{Path(path).stem}", ROOT / path)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.object(sys, "path", list(sys.path)):
        spec.loader.exec_module(module)
    return module


def check_script(path: str, arguments: list[str], whole: bool = True) -> None:
    """Hold arguments against the parser of a script, or of the subcommand that it stands for.

    Raises:
        WrongCommandError: the script would refuse them.
    """
    module = load_script(path)
    of_package = [part for part in vars(module).values() if getattr(part, "__package__", "") == "ffkeras.commands"]
    with sys_argv(path, arguments):
        if of_package:  # tools/train.py is `ffkeras train`
            _check(of_package[0], arguments, path, whole)
        elif hasattr(module, "parse_arguments"):
            _check(module, arguments, path, whole)
        else:  # the parser is in `main`
            _parse(lambda: module.main(), whole, only_options=True)


def check_subcommand(name: str, arguments: list[str], whole: bool = True) -> None:
    """Hold arguments against `ffkeras NAME`.

    Raises:
        WrongCommandError: it would refuse them, or there is no such subcommand.
    """
    if name not in SUBCOMMANDS:
        raise WrongCommandError(f"ffkeras has no subcommand {name}; it has {', '.join(SUBCOMMANDS)}")
    module = importlib.import_module(f"ffkeras.commands.{SUBCOMMANDS[name]}")
    with sys_argv(f"ffkeras {name}", arguments):
        _check(module, arguments, f"ffkeras {name}", whole)


def _check(module: ModuleType, arguments: list[str], program: str, whole: bool) -> None:
    name = module.__name__.rpartition(".")[2]
    if whole and name in FURTHER:
        _parse(lambda: FURTHER[name](module, arguments), whole)
    elif not hasattr(module, "parse_arguments"):
        _parse(lambda: module.main(arguments, program), whole, only_options=True)
    else:
        given = (arguments, program)[: module.parse_arguments.__code__.co_argcount]
        _parse(lambda: module.parse_arguments(*given), whole)


def _train(module: ModuleType, arguments: list[str]) -> None:
    """Everything of `ffkeras train` before its first process starts."""
    real = module.read_config

    def read_config(name: str):
        from ffkeras.models.config import NETWORKS

        return real(name if name in NETWORKS or (ROOT / name).is_file() else "nano_b")  # a run of the reader's own

    with (
        mock.patch.object(module, "read_config", read_config),
        mock.patch.object(module, "launch", lambda *_: 0),
        mock.patch.object(module, "default_folder", lambda *_: Path("runs")),  # else it imports TensorFlow
        contextlib.chdir(ROOT),
    ):
        alone = [argument for argument in arguments if argument != "--xla"]  # which several workers refuse
        module.main([*alone, "--workers=2"])


def _prune(module: ModuleType, arguments: list[str]) -> None:
    """The options of `ffkeras prune`, and which of them go together."""
    options = vars(module.parse_arguments(arguments))
    resume, shown = options["resume"], options["map"]
    run, output = options["run"], options["output"]
    for name in ("run", "output", "resume", "map", "search_only", "cache_gb", "cache_folder", "threads"):
        options.pop(name)
    if output is None and not shown:
        raise WrongCommandError("it names no --output")
    if not resume and (options or not shown):
        module.read_config(options, run)


FURTHER: dict[str, Callable[[ModuleType, list[str]], None]] = {"train": _train, "prune": _prune}


def _parse(call: Callable[[], object], whole: bool, only_options: bool = False) -> None:
    """Run what parses; where the page leaves arguments out, options count and nothing is required.

    Args:
        only_options: what is called goes on after parsing, which it should not.
    """
    real = argparse.ArgumentParser.parse_args

    def parse_options(parser, args=None, namespace=None):
        if not whole:
            _require_nothing(parser)
        real(parser, args, namespace)
        raise _ParsedError

    def error(parser, message):
        raise WrongCommandError(f"{parser.prog} refuses it: {message}")

    patches = [mock.patch.object(argparse.ArgumentParser, "error", error)]
    if only_options or not whole:
        patches.append(mock.patch.object(argparse.ArgumentParser, "parse_args", parse_options))
    with contextlib.ExitStack() as stack, contextlib.suppress(_ParsedError):
        for patch in patches:
            stack.enter_context(patch)
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        try:
            call()
        except UserError as refused:
            raise WrongCommandError(f"it ends with: {refused}") from refused
        except SystemExit as ended:  # --help and --version end with 0
            if ended.code:
                raise WrongCommandError(f"it exits with {ended.code}") from ended


def _require_nothing(parser: argparse.ArgumentParser) -> None:
    for group in parser._mutually_exclusive_groups:
        group.required = False
    for action in parser._actions:
        action.required = False
        if action.nargs != 0 and not isinstance(action, argparse._SubParsersAction):
            action.nargs = {None: "?", "+": "*"}.get(action.nargs, action.nargs)
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _require_nothing(inner)


@contextlib.contextmanager
def sys_argv(program: str, arguments: list[str]) -> Iterator[None]:
    """The command line of this process, for as long as it lasts."""
    with mock.patch.object(sys, "argv", [program, *arguments]):
        yield


@functools.cache
def all_options() -> frozenset[str]:
    """Every option of every tool and subcommand, such as --data."""
    found: set[str] = set()

    def note(parser: argparse.ArgumentParser) -> None:
        for action in parser._actions:
            found.update(action.option_strings)
            if isinstance(action, argparse._SubParsersAction):
                for inner in action.choices.values():
                    found.update(*(entry.option_strings for entry in inner._actions))
        raise _ParsedError

    with mock.patch.object(sys.modules[__name__], "_require_nothing", note):
        for path in [*sorted((ROOT / "tools").glob("*.py")), ROOT / "tflite" / "rpi" / "demo.py"]:
            check_script(path.relative_to(ROOT).as_posix(), [], whole=False)
    return frozenset(found)
