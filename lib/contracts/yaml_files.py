"""Reading the files under `params/` into models, with errors that name file, key, value and cure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from lib.errors import MissingFileError, ParameterError

Model = TypeVar("Model", bound="Parameters")


class Parameters(BaseModel):
    """Base of every model of a parameter file: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _UniqueKeyLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, where YAML would silently keep the last."""


def _construct_unique_mapping(loader: _UniqueKeyLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is given twice", key_node.start_mark)
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_UniqueKeyLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_unique_mapping)


def read_parameters(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into `model`.

    Raises
    ------
    MissingFileError
        There is no such file.
    ParameterError
        It is not YAML, a key is misspelt, missing or given twice, or a value does not fit. All faults are listed.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_UniqueKeyLoader)
    except FileNotFoundError as error:
        raise MissingFileError(f"{path}: there is no such file. Create it, or name another one.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path}: not readable as YAML: {error}") from error
    if not isinstance(content, dict):
        raise ParameterError(f"{path}: expected keys and values, got {content!r}. See the example in params/.")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = "\n".join(f"  {explained(fault, model)}" for fault in error.errors())
        raise ParameterError(f"{path}: {error.error_count()} fault(s)\n{faults}") from error


def nearest(word: str, known: list[str]) -> str:
    """Give ` (did you mean 'x'?)` for the known word that is nearest to `word`, or nothing."""
    folded = {name.casefold(): name for name in known}
    match = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.5)
    return f" (did you mean {folded[match[0]]!r}?)" if match else ""


def explained(fault: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Say one fault of a model's settings: the key, what is wrong with it, and the nearest known key or what was got.

    Parameters
    ----------
    fault
        One of `pydantic.ValidationError.errors()`.
    model
        What the settings were read into.

    Returns
    -------
    str
        Such as `decoding.temprature: unknown key 'temprature' (did you mean 'temperature'?)`.
    """
    where = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, fault["loc"][:-1])
        hint = nearest(str(fault["loc"][-1]), known) or f"; known keys: {', '.join(known)}"
        return f"{where}: unknown key {fault['loc'][-1]!r}{hint}"
    if fault["type"] == "missing":
        return f"{where}: is missing; add it"
    message = fault["msg"].removeprefix("Value error, ")
    # What does not fit together is in several keys: to show them would be to show the whole file.
    of_several = fault["type"] == "value_error" and isinstance(fault["input"], dict)
    return f"{where}: {message}" + ("" if of_several else f"; got {fault['input']!r}")


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    for part in location:
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            continue
        annotation = fields[part].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return list(getattr(model, "model_fields", {}))
