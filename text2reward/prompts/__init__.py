"""Every word said to a model, one Jinja template per message."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from text2reward.errors import UnknownNameError, UserError

TEMPLATES = Path(__file__).parent / "templates"
_VERSION = re.compile(r"{#-?\s*version:\s*(\S+)")


class Prompts:
    """Renders messages.

    Args:
        folder: templates here replace those of the same name; None for the product's own.

    Raises:
        UserError: the folder does not exist.
        UnknownNameError: it holds a template whose name is not used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is not None and not folder.is_dir():
            raise UserError(f"There is no folder {folder} with prompts.", "Name an existing folder with --prompts.")
        own = {path.name for path in TEMPLATES.glob("*.jinja")}
        for path in folder.glob("*.jinja") if folder else ():
            if path.name not in own:
                raise UnknownNameError("prompt template", path.name, own)
        folders = [str(path) for path in (folder, TEMPLATES) if path]
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folders),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )

    def render(self, name: str, **values: Any) -> str:
        """The message ``name`` with ``values`` filled in.

        Raises:
            UserError: the template is broken or asks for a value that does not exist; names template and line.
        """
        try:
            return self._environment.get_template(f"{name}.jinja").render(**values).strip() + "\n"
        except jinja2.TemplateError as error:
            line = getattr(error, "lineno", None)
            place = f"{name}.jinja{f', line {line}' if line else ''}"
            raise UserError(f"The prompt template {place} does not render: {error}.") from error

    def versions(self) -> dict[str, str]:
        """The version of every template in use, as its first comment states it."""
        versions = {}
        for name in sorted(self._environment.list_templates()):
            source, _, _ = self._environment.loader.get_source(self._environment, name)  # type: ignore[union-attr]
            match = _VERSION.search(source)
            versions[name] = match.group(1) if match else "unversioned"
        return versions


@cache
def default_prompts() -> Prompts:
    """The product's own templates."""
    return Prompts()
