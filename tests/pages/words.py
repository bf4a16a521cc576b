"""From a command's text to the words that its programs get."""

import re
import shlex
from dataclasses import dataclass

from tests.pages.markdown import ROOT, Command
from tests.pages.stand_ins import CAPITALS, NUMBERS, SPOKEN


class WrongCommandError(Exception):
    """What a reader who follows the page would run into."""


@dataclass(frozen=True)
class Call:
    """One program's call.

    Args:
        variables: the environment that stands before it, NAME -> value.
        words: the program and its arguments.
        whole: False where the page leaves arguments out.
    """

    variables: dict[str, str]
    words: tuple[str, ...]
    whole: bool


def split_calls(command: Command) -> list[Call]:
    """The calls of a command line, in order, with something in place of what it leaves to the reader.

    Raises:
        WrongCommandError: the shell could not read it, or a word in capitals is no known one.
    """
    text = command.text
    for words, stand_in in SPOKEN.items():
        text = text.replace(words, stand_in)
    text = re.sub(r"\[(--[^\]]+)\]", r"\1", text)  # an option that may be given
    whole = command.whole and "..." not in text
    text = re.sub(r",?\s*\.\.\.", "", text)
    reader = shlex.shlex(text, posix=True, punctuation_chars="&;|")
    reader.whitespace_split, reader.commenters = True, ""
    try:
        tokens = list(reader)
    except ValueError as error:
        raise WrongCommandError(f"no shell reads it: {error}") from error
    calls, words = [], []
    for token in [*tokens, ";"]:
        if token and set(token) <= set("&;|"):
            if words:
                calls.append(_call(words, whole))
            words = []
        else:
            words.append(token)
    return calls


def _call(words: list[str], whole: bool) -> Call:
    words = [word for word in words if word != "sudo"]
    variables = {}
    while words and (given := re.match(r"([A-Z][A-Z_]+)=(.*)", words[0], re.DOTALL)):
        variables[given.group(1)] = given.group(2)
        words = words[1:]
    expanded: list[str] = []
    for word in words:
        expanded += _expand(_filled(word, expanded[-1] if expanded else ""))
    return Call(variables, tuple(expanded), whole)


def _filled(word: str, before: str) -> str:
    """A word of the page, or what stands for it."""
    if word in CAPITALS:
        return NUMBERS.get(before, CAPITALS[word])
    if re.fullmatch(r"[A-Z][A-Z_.a-z]*", word) and word.partition(".")[0].isupper():
        raise WrongCommandError(f"{word} stands for something that no list knows; see tests/pages/stand_ins.py")
    return word


def _expand(word: str) -> list[str]:
    """{a,b} and * as a shell has them.

    Raises:
        WrongCommandError: no file of the repository matches.
    """
    braces = re.search(r"\{([\w./,-]+,[\w./,-]+)\}", word)
    if braces:
        ends = (word[: braces.start()], word[braces.end() :])
        return [found for part in braces.group(1).split(",") for found in _expand(part.join(ends))]
    if "*" in word:
        found = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(word))
        if not found:
            raise WrongCommandError(f"{word} matches no file")
        return found
    return [word]
