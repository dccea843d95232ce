"""Moving a machine's ratings, one image and one step at a time, until their figures come out as published."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.twin.design import Indices, Numbers

SAMPLE = 240
PATIENCE = 15
LEAST_GAIN = 1e-3
NEGLIGIBLE = 0.1
EDGE = 1e-9
MAX_ROUNDS = 4000


@dataclass(frozen=True)
class Aim:
    """A figure to reach: its value, and the deviation that counts as one unit of cost before squaring."""

    value: float
    tolerance: float


@dataclass(frozen=True)
class CellAims:
    """Aims of groups of images.

    `cell`: group of each image, shape (n_images,); `bias`, `sd`: mean of machine - people and SD (ddof = 0) of the
    machine in each group, NaN where there is no aim, shape (n_cells,); `bias_tolerance`, `sd_tolerance`: their units.
    """

    cell: Indices
    bias: Numbers
    sd: Numbers
    bias_tolerance: float
    sd_tolerance: float


@dataclass(frozen=True)
class Aims:
    """All that one machine shall reach on one dimension.

    `overall` may name bias, sd_difference, r, mae, machine_mean, machine_sd.
    """

    overall: dict[str, Aim]
    cells: tuple[CellAims, ...] = ()


@dataclass(frozen=True)
class Moves:
    """What may be tried: `steps`, such as (-1, 1), between the `low` and `high` of each image, shapes (n_images,).

    Equal bounds lock an image.
    """

    low: Numbers
    high: Numbers
    steps: tuple[float, ...]


class _Overall:
    """Cost of the aims over all images, from four sums: of the machine, its squares, its products, its distances."""

    def __init__(self, values: Numbers, people: Numbers, aims: dict[str, Aim]) -> None:
        self.n = people.size
        self.mean_people, self.sd_people = float(people.mean()), float(people.std(ddof=1))
        self.aims = [(name, aim.value, 1 / aim.tolerance**2) for name, aim in aims.items()]
        distances = np.abs(values - people).sum()
        self.sums = np.array([values.sum(), (values**2).sum(), (values * people).sum(), distances])

    def cost(self, sums: Numbers) -> Numbers:
        """Cost of each column of sums."""
        total, squares, products, distances = sums
        mean = total / self.n
        variance = np.maximum((squares - total * mean) / (self.n - 1), 1e-12)
        covariance = (products - total * self.mean_people) / (self.n - 1)
        found = {
            "bias": lambda: mean - self.mean_people,
            "sd_difference": lambda: np.sqrt(np.maximum(variance + self.sd_people**2 - 2 * covariance, 0)),
            "r": lambda: covariance / (np.sqrt(variance) * self.sd_people),
            "mae": lambda: distances / self.n,
            "machine_mean": lambda: mean,
            "machine_sd": lambda: np.sqrt(variance),
        }
        return np.asarray(sum(weight * (found[name]() - value) ** 2 for name, value, weight in self.aims))


class _Cells:
    """Cost of the aims of groups of images, from two sums a group: of the machine and its squares."""

    def __init__(self, values: Numbers, people: Numbers, aims: CellAims) -> None:
        size = aims.bias.size
        self.cell = aims.cell
        self.n = np.bincount(aims.cell, minlength=size).astype(np.float64)
        self.people = np.bincount(aims.cell, weights=people, minlength=size) / self.n
        self.sums = np.array([np.bincount(aims.cell, weights=v, minlength=size) for v in (values, values**2)])
        self.goal = np.array([np.where(np.isnan(aim), 0.0, aim) for aim in (aims.bias + self.people, aims.sd)])
        tolerances = (aims.bias_tolerance, aims.sd_tolerance)
        self.weight = np.array(
            [np.where(np.isnan(a), 0.0, 1 / t**2) for a, t in zip((aims.bias, aims.sd), tolerances, strict=True)]
        )

    def cost(self, sums: Numbers, cell: Indices) -> Numbers:
        """Cost of the given groups, whose sums are the columns."""
        mean, squares = sums / self.n[cell]
        sd = np.sqrt(np.maximum(squares - mean * mean, 0))
        goal, weight = self.goal[:, cell], self.weight[:, cell]
        return np.asarray(weight[0] * (mean - goal[0]) ** 2 + weight[1] * (sd - goal[1]) ** 2)

    def costs(self) -> Numbers:
        """Present cost of each group."""
        return self.cost(self.sums, np.arange(self.n.size))


class _State:
    """The machine's values and the sums from which every figure follows without looking at all images again."""

    def __init__(self, values: Numbers, people: Numbers, aims: Aims) -> None:
        self.values, self.people = values.astype(np.float64), people
        self.overall = _Overall(values, people, aims.overall)
        self.groups = [_Cells(values, people, cells) for cells in aims.cells]

    def gains(self, image: Indices, step: Numbers) -> tuple[Numbers, float]:
        """Decrease of the cost by each candidate move, and the present cost."""
        changed = self.overall.sums[:, np.newaxis] + self._change(image, step)
        present = float(self.overall.cost(self.overall.sums))
        gain = present - self.overall.cost(changed)
        for group, change in zip(self.groups, self._cell_changes(image, step), strict=True):
            cell, costs = group.cell[image], group.costs()
            gain = gain + costs[cell] - group.cost(group.sums[:, cell] + change, cell)
            present += float(costs.sum())
        return np.asarray(gain), present

    def move(self, image: int, step: float) -> None:
        """Make one move and update the sums."""
        one, by = np.array([image]), np.array([step])
        self.overall.sums = self.overall.sums + self._change(one, by)[:, 0]
        for group, change in zip(self.groups, self._cell_changes(one, by), strict=True):
            group.sums[:, group.cell[image]] += change[:, 0]
        self.values[image] += step

    def _change(self, image: Indices, step: Numbers) -> Numbers:
        v, h = self.values[image], self.people[image]
        return np.array([step, step * (2 * v + step), step * h, np.abs(v + step - h) - np.abs(v - h)])

    def _cell_changes(self, image: Indices, step: Numbers) -> list[Numbers]:
        change = np.array([step, step * (2 * self.values[image] + step)])
        return [change for _ in self.groups]


def approach(
    values: Numbers,
    people: Numbers,
    aims: Aims,
    moves: Moves,
    random: np.random.Generator,
) -> Numbers:
    """Move values greedily towards the aims.

    Each round tries 240 random moves and makes the best if it lowers the cost: the sum over aims of the squared
    deviation in tolerances. It ends when the cost is negligible or 15 rounds in a row found nothing better. A round
    costs the same for any number of images, because all figures follow from sums.

    Parameters
    ----------
    values : numpy.ndarray
        The machine's values to start from, on the scale, shape (n_images,). Not changed.
    people : numpy.ndarray
        Mean human ratings of the same images.
    aims : Aims
        What to reach.
    moves : Moves
        What may be tried.
    random : numpy.random.Generator
        Picks the images of each round.

    Returns
    -------
    numpy.ndarray
        The moved values, shape (n_images,).
    """
    state = _State(values, people, aims)
    low, high = moves.low, moves.high
    free = np.flatnonzero(high > low)
    each = np.array(moves.steps)
    idle = 0
    for _ in range(MAX_ROUNDS):
        picked = free[random.integers(free.size, size=SAMPLE // each.size)]
        image, step = np.repeat(picked, each.size), np.tile(each, picked.size)
        after = state.values[image] + step
        allowed = (after > low[image] - EDGE) & (after < high[image] + EDGE)
        image, step = image[allowed], step[allowed]
        gain, cost = state.gains(image, step)
        best = int(np.argmax(gain))
        idle = idle + 1 if gain[best] < LEAST_GAIN else 0
        if idle > PATIENCE or cost < NEGLIGIBLE:
            break
        if idle == 0:
            state.move(int(image[best]), float(step[best]))
    return state.values
