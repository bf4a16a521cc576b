"""The commands and snippets of a Markdown page, as a reader would copy them."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INDENT = 4  # columns of an indented block, from where the text around it stands
COMMANDS = ("", "sh", "bash", "console")  # languages of fenced blocks that hold commands
NO_COMMANDS = "text"  # the language of a fenced block that shows something else


@dataclass(frozen=True)
class Command:
    """One command.

    Args:
        page: path of the page, from the root of the repository.
        line: where it begins, from 1.
        text: as it stands there, on one line and without its comment.
        whole: can be typed as it is; what a sentence or "..." names may lack arguments.
    """

    page: str
    line: int
    text: str
    whole: bool = True

    def __str__(self):
        return f"{self.page}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Snippet:
    """A fenced block in some language: its page, the line after its fence, its language and its text."""

    page: str
    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Page:
    """All that can be checked of one page.

    Args:
        commands: of its blocks.
        named: spans of code in its sentences and tables.
        snippets: its fenced blocks that are no commands.
        links: targets of its links, without those of other sites.
    """

    name: str
    commands: tuple[Command, ...]
    named: tuple[Command, ...]
    snippets: tuple[Snippet, ...]
    links: tuple[str, ...]


def page_names() -> list[str]:
    """Every page that is in the repository."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def read_page(name: str) -> Page:
    """Read a page of the repository."""
    return parse_page(name, (ROOT / name).read_text(encoding="utf-8"))


def parse_page(name: str, text: str) -> Page:
    """Take a page apart: fenced blocks, indented blocks, and code within its text."""
    commands, snippets, rest = [], [], []
    block: list[tuple[int, str]] = []
    fence = language = None
    text_indent = 0  # of the list item that the lines belong to
    before = ""  # the line before
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if fence is not None:
            if stripped == fence:
                inside = "\n".join(entry for _, entry in block)
                if language in COMMANDS:
                    commands += _commands(name, block)
                else:
                    snippets.append(Snippet(name, block[0][0] if block else number, language, inside))
                fence, block = None, []
            else:
                block.append((number, line))
        elif opening := re.match(r"(```+|~~~+)(\w*)$", stripped):
            commands, block = commands + _commands(name, block), []
            fence, language = opening.groups()
        elif stripped and _indent(line) >= text_indent + INDENT and (block or not before):
            block.append((number, line))
        else:
            if stripped:
                commands, block = commands + _commands(name, block), []
                item = re.match(r"\s*([-*+]|\d+[.)])\s+", line)
                if item:
                    text_indent = len(item.group())
                elif _indent(line) < text_indent:
                    text_indent = _indent(line)
                rest.append((number, line))
            elif block:
                block.append((number, ""))
        before = stripped
    commands += _commands(name, block)
    named = [Command(name, number, span, whole=False) for number, line in rest for span in _spans(line)]
    return Page(name, tuple(commands), tuple(named), tuple(snippets), tuple(_links(rest)))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _spans(line: str) -> list[str]:
    return re.findall(r"(?<!`)`([^`]+)`(?!`)", line)


def _links(lines: list[tuple[int, str]]) -> list[str]:
    found = [link for _, line in lines for link in re.findall(r"\]\(([^)\s]+)\)", line)]
    return [link.partition("#")[0] for link in found if not re.match(r"\w+:|#", link)]


def _commands(page: str, block: list[tuple[int, str]]) -> list[Command]:
    """Join continued lines, and leave comments out."""
    found, start, joined = [], None, ""
    for number, line in block:
        line = without_comment(line)
        if start is None:
            start = number
        joined += line.removesuffix("\\").strip() + " "
        if line.endswith("\\"):
            continue
        if joined.strip():
            found.append(Command(page, start, joined.strip(), whole="..." not in joined))
        start, joined = None, ""
    if joined.strip():
        found.append(Command(page, start, joined.strip() + " \\"))  # told as a command that does not end
    return found


def without_comment(line: str) -> str:
    """The line up to a `#` that begins a word outside of quotes."""
    quote = None
    for place, letter in enumerate(line):
        if quote:
            quote = None if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place].rstrip()
    return line.rstrip()
