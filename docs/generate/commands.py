"""The commands: of ``tutti`` from its application, of ``make`` from the Makefile."""

import re
from collections.abc import Iterator
from typing import Any, Final

import typer

from docs.generate.markdown import anchor, code, table
from infra.config.folders import CHECKOUT
from pipelines.cli.app import app

_TARGET: Final = re.compile(r"^([a-z-]+):.*?## (.+)$", re.MULTILINE)


def commands() -> dict[str, Any]:
    """``tutti …`` → the command, in the order in which ``tutti --help`` lists them."""

    def walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "list_commands"):
            yield path, command
            return
        for name in command.list_commands(None):
            yield from walk(command.get_command(None, name), f"{path} {name}")

    return dict(walk(typer.main.get_command(app), "tutti"))


def overview() -> str:
    """Every command with its sentence."""
    return table(
        ["command", "what it does"],
        (
            [f"[`{path}`](#{anchor(path)})", _first_paragraph(command.help)]
            for path, command in commands().items()
        ),
    )


def sections() -> str:
    """Every command with its arguments and options."""
    return "\n".join(_section(path, command) for path, command in commands().items())


def _section(path: str, command: Any) -> str:
    parameters = [each for each in command.params if not each.hidden and each.name != "help"]
    words = [path, *(_usage(each) for each in parameters)]
    text = f"### {path}\n\n{command.help.strip()}\n\n```\n{_wrapped(words)}\n```\n"
    if parameters:
        rows = (
            [_name(each), _meaning(each), "required" if each.required else _default(each)]
            for each in parameters
        )
        text += "\n" + table(["argument or option", "meaning", "default"], rows)
    return text


def _usage(parameter: Any) -> str:
    """As it is typed, in brackets if it may be left out."""
    value = _value(parameter)
    if parameter.param_type_name == "argument":
        text = value
    elif parameter.is_flag:
        text = parameter.opts[0]
    else:
        text = f"{parameter.opts[0]} {value}"
    return text if parameter.required else f"[{text.strip('[]')}]"


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return code(_value(parameter).strip("[]"))
    return ", ".join(code(name) for name in parameter.opts)


def _value(parameter: Any) -> str:
    """What stands for a value: its choices, or a word."""
    choices = parameter.type_descriptor.choices
    if choices:
        return "|".join(map(str, choices))
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    if parameter.type_descriptor.annotation in {int, float}:
        return "N"
    if parameter.multiple:
        return "NAME=VALUE"
    return str(parameter.metavar or parameter.opts[0].removeprefix("--").upper())


def _default(parameter: Any) -> str:
    if parameter.param_type_name == "option" and parameter.is_flag:
        return ""
    default = parameter.default
    if isinstance(default, float):
        default = f"{default:g}"
    return "" if default is None else code(default)


def _meaning(parameter: Any) -> str:
    text = (parameter.help or "").strip()
    low, high = parameter.min, parameter.max
    if low is not None and high is not None:
        text += f" From {low:,} to {high:,}."
    elif low:
        text += f" From {low:,} up."
    if parameter.multiple:
        text += " May be repeated."
    return text


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _wrapped(words: list[str], width: int = 78) -> str:
    """The words of a command in lines, the further ones indented; none is split."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > width:
            lines[-1] += " \\"
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines)


def make_targets() -> str:
    """The targets of the Makefile that say what they do."""
    found = _TARGET.findall((CHECKOUT / "Makefile").read_text("utf-8"))
    return table(
        ["target", "what it does"], ([code(f"make {name}"), about] for name, about in found)
    )
