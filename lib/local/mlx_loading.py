"""Loading a model with mlx-vlm from a folder: nothing is fetched, no code of others runs, nothing else is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from lib.contracts.local_model import Local
from lib.errors import BackendUnavailableError, named_line
from lib.local.loading import INSTALL, choose_device, is_out_of_memory
from lib.local.mlx_folder import as_mlx_reads
from lib.local.weights import Weights

GROUP = 64
"""Numbers that share a scale where weights are quantised as they are loaded; mlx-community's models have the same."""
RUN = ("paligemma", "llava", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "gemma3", "mllama", "smolvlm", "idefics3")
"""Families whose logits were compared with transformers' (`tests/local/test_mlx_parity`); Idefics3 is SmolVLM's."""


def versions() -> str:
    """Which mlx-vlm and which mlx run."""
    return f"mlx-vlm {version('mlx-vlm')}, mlx {version('mlx')}"


def import_mlx() -> Any:  # noqa: ANN401, the module
    """Import mlx, or say how to get it.

    Raises
    ------
    BackendUnavailableError
        It is not installed, or not for this machine.
    """
    try:
        import mlx.core as mx

        with _importing():
            import mlx_vlm.utils  # noqa: F401
    except ImportError as error:
        raise BackendUnavailableError(
            f"{error}. {INSTALL}; MLX is for macOS on Apple silicon, and for Linux."
        ) from error
    return mx


def pick_device(wanted: str) -> str:
    """`auto` is MLX's own choice: Apple's graphics processor or CUDA where its build has it, else the processor.

    Raises
    ------
    BackendUnavailableError
        The wanted one is not there.
    """
    mx = import_mlx()
    there = {"cuda": mx.cuda.is_available(), "mps": mx.metal.is_available(), "cpu": True}
    return choose_device(wanted, there, "MLX")


def use_device(device: str) -> None:
    """Run there, from now on, in this thread; on a processor without compiling, which takes longer than it saves."""
    mx = import_mlx()
    mx.set_default_device(mx.cpu if device == "cpu" else mx.gpu)
    if device == "cpu":
        mx.disable_compile()


def refuse_family(weights: Weights) -> None:
    """Refuse a family that mlx-vlm does not have, or reads otherwise than transformers does.

    Raises
    ------
    BackendUnavailableError
        Names those that it runs.
    """
    if weights.model_type not in RUN:
        raise BackendUnavailableError(
            f"{weights.name}: model_type: got {weights.model_type!r}, but with MLX this version runs {', '.join(RUN)}. "
            "Take a model of one of these, backend transformers, or mlx_vlm.server with backend openai."
        )


def load_model(weights: Weights, local: Local) -> Any:  # noqa: ANN401, of mlx-vlm
    """Load a model, ready to answer.

    Raises
    ------
    BackendUnavailableError
        mlx-vlm does not run its family, its files do not fit together, or the memory does not suffice.
    """
    import_mlx()
    from mlx_vlm.utils import load_model as load

    refuse_family(weights)
    with _said(weights), as_mlx_reads(weights) as folder, _importing():
        model = load(folder)
        _set_precision(model, weights, local.precision)
    return model


def precision_of(model: Any) -> str:  # noqa: ANN401, of mlx-vlm
    """What the language model's weights are held in: `4bit`, or a type of numbers such as `bfloat16`."""
    from mlx.utils import tree_flatten

    bits = {module.bits for _, module in model.language_model.named_modules() if hasattr(module, "bits")}
    if bits:
        return f"{min(bits)}bit"
    weights: Any = tree_flatten(model.language_model.parameters())
    return str(weights[0][1].dtype).rpartition(".")[2]


def own_settings(weights: Weights, config: Any) -> Any:  # noqa: ANN401, of transformers
    """What the weights come with for ending and drawing: `generation_config.json`, or what their config says."""
    import transformers

    if (weights.folder / "generation_config.json").is_file():
        return transformers.GenerationConfig.from_pretrained(weights.folder, local_files_only=True)
    return transformers.GenerationConfig.from_model_config(config)


def free_memory() -> None:
    """Give back to the device what is not used any more."""
    import_mlx().clear_cache()


def _set_precision(model: Any, weights: Weights, precision: str | None) -> None:  # noqa: ANN401
    import mlx.core as mx
    from mlx import nn

    if precision is None:
        return
    stored = precision_of(model)
    if stored.endswith("bit"):
        if stored != precision:
            raise BackendUnavailableError(
                f"{weights.name}: local.precision: got {precision!r}, but its weights were stored in {stored}, and "
                "what is quantised stays so. Take precision out, or a model that is not quantised."
            )
        return
    if precision.endswith("bit"):
        nn.quantize(model.language_model, GROUP, int(precision.removesuffix("bit")), class_predicate=_can_be_quantised)
    else:
        model.set_dtype(getattr(mx, precision))
    mx.eval(model.parameters())


def _can_be_quantised(_name: str, module: Any) -> bool:  # noqa: ANN401
    return hasattr(module, "to_quantized") and module.weight.shape[-1] % GROUP == 0


@contextmanager
def _importing() -> Iterator[None]:
    """Keep mlx-vlm from changing transformers for the rest of this process.

    Each of its families, once imported, puts itself before `AutoProcessor.from_pretrained`, and there switches
    `trust_remote_code` on.
    """
    import transformers

    before = transformers.AutoProcessor.__dict__["from_pretrained"]
    try:
        yield
    finally:
        transformers.AutoProcessor.from_pretrained = before


@contextmanager
def _said(weights: Weights) -> Iterator[None]:
    """Turn what loading may raise into one line with a cure."""
    try:
        yield
    except BackendUnavailableError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            raise BackendUnavailableError(
                f"{weights.name}: {weights.size / 1024**3:.1f} GiB of weights do not fit into memory. "
                "Take a model in 4 bits (mlx-community has them), or a smaller one."
            ) from error
        raise BackendUnavailableError(
            f"{weights.folder}: {versions()} cannot load this {weights.model_type} model "
            f"({named_line(error)}). Take the same model from mlx-community, or backend transformers."
        ) from error
