"""What a condition says of a facial-expression-recognition model: its file, its labels, and what they mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from lib.contracts.yaml_files import Parameters

Channel = tuple[float] | tuple[float, float, float]


class Input(Parameters):
    """How an image becomes the numbers that a model takes: `(value / divide_by - mean) / std` for each channel.

    `box` is the part of the image that is shown, as left, top, right and bottom in shares of its width and height: the
    face, where it is at the same place in all of a study's images; None is all of it. `size` is height and width in
    pixels. A part of another shape is stretched to it, padded with black to a square first, or cut to its middle
    square. `antialias` averages over all pixels that a smaller image leaves out, as Pillow
    and torchvision do; without it, as OpenCV's `resize` does, only the nearest ones count. `mean` and `std` are in the
    order of the channels, of which a grey image has one.
    """

    size: tuple[int, int]
    box: tuple[float, float, float, float] | None = None
    colour: Literal["rgb", "bgr", "grey"] = "rgb"
    fit: Literal["stretch", "pad", "crop"] = "stretch"
    resample: Literal["bilinear", "bicubic"] = "bilinear"
    antialias: bool = True
    divide_by: float = Field(default=255, gt=0)
    mean: Channel = (0.0,)
    std: Channel = (1.0,)
    layout: Literal["nchw", "nhwc"] = "nchw"

    @field_validator("size")
    @classmethod
    def _a_size(cls, size: tuple[int, int]) -> tuple[int, int]:
        if not all(8 <= side <= 2048 for side in size):
            raise ValueError("height and width are each from 8 to 2048 pixels")
        return size

    @field_validator("box")
    @classmethod
    def _a_box(cls, box: tuple[float, float, float, float] | None) -> tuple[float, float, float, float] | None:
        if box is not None and not (0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1):
            raise ValueError("a box is [left, top, right, bottom] in shares from 0 to 1, as in [0.2, 0.25, 0.8, 0.85]")
        return box

    @model_validator(mode="after")
    def _channels_fit(self) -> Input:
        if self.colour == "grey" and len(self.mean) + len(self.std) > 2:
            raise ValueError("a grey image has one channel, so mean and std have one number each")
        if not all(value > 0 for value in self.std):
            raise ValueError("std divides, and is above 0")
        return self


class Scores(Parameters):
    """Where a model gives its labels' scores: the columns from `first` on of an output (None is the first one).

    Logits become probabilities by softmax.
    """

    output: str | None = None
    first: int = Field(default=0, ge=0)
    are: Literal["logits", "probabilities"] = "logits"


class Value(Parameters):
    """Where a model gives a dimension, and between which raw values: the column `index` of an output."""

    output: str | None = None
    index: int = Field(default=0, ge=0)
    low: float = -1
    high: float = 1

    @model_validator(mode="after")
    def _range(self) -> Value:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        return self


class Classifier(Parameters):
    """A model that gives a probability for each of its labels and, some of them, values of dimensions.

    `weights` is a file or folder, from the project's root, or within the installed `package`; `sha256` is the hash that
    the file must have. `labels` are the model's own, in the order of its outputs. A label that the study has a category
    for, under the same or another form of the name (`anger` and `angry`), means that category; `mapping` says what each
    other label becomes: a category of the study, `drop` (the other labels share its probability), or `unparsed` (an
    image for which it is the likeliest has no emotion). Dimensions in `derived` are computed from the probabilities of
    the labels, since the model gives none; `coordinates` says where labels lie on them, from -1 to 1, in place of what
    `lib.protocol.coordinates` knows. `batch` and `threads` are how many images and processor cores are used at
    once; neither changes an answer.
    """

    weights: str = Field(min_length=1)
    package: str | None = Field(default=None, pattern=r"^[A-Za-z_][\w.]*$")
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    labels: tuple[str, ...] = Field(min_length=2)
    input: Input | None = None
    scores: Scores = Scores()
    values: dict[str, Value] = Field(default_factory=dict)
    mapping: dict[str, str] = Field(default_factory=dict)
    derived: tuple[str, ...] = ()
    coordinates: dict[str, dict[str, Annotated[float, Field(ge=-1, le=1)]]] = Field(default_factory=dict)
    batch: int = Field(default=16, ge=1, le=1024)
    threads: int | None = Field(default=None, ge=1, le=1024)

    @model_validator(mode="after")
    def _labels_fit(self) -> Classifier:
        if len({label.casefold() for label in self.labels}) < len(self.labels):
            raise ValueError("a label is listed twice")
        unknown = [label for label in self.mapping if label not in self.labels]
        if unknown:
            raise ValueError(f"mapping: {unknown[0]!r} is none of the labels ({', '.join(self.labels)})")
        twice = sorted(set(self.derived) & set(self.values))
        if twice:
            raise ValueError(f"{twice[0]}: is an output of the model (values), so it is not derived; take one out")
        idle = [name for name in self.coordinates if name not in self.derived]
        if idle:
            raise ValueError(f"coordinates.{idle[0]}: is given, but {idle[0]} is not in derived; add it there")
        stray = [(name, label) for name, own in self.coordinates.items() for label in own if label not in self.labels]
        if stray:
            raise ValueError(
                f"coordinates.{stray[0][0]}: {stray[0][1]!r} is none of the labels ({', '.join(self.labels)})"
            )
        return self

    def identity(self) -> dict[str, Any]:
        """What raw outputs depend on, for the keys of questions; not what they are taken to mean, nor any path."""
        own = self.model_dump(include={"sha256", "labels", "input", "scores"}, exclude_none=True)
        values = {name: value.model_dump(include={"output", "index"}) for name, value in self.values.items()}
        return own | {"values": values}
