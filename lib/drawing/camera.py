"""Where the face is in the picture: framed on the neutral face, so that expressions do not move the frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.drawing.mesh_data import Floats, head_mesh

DISTANCE = 16.0
EYE_ROW = 0.485
"""Row of the eyes in the neutral, unturned face, as a share of the picture's height."""
FACE = 0.385
"""Height from chin to eyes, as a share of the picture's height, in a face of average build."""
CHIN = 6.17
"""Height of the resting chin, in decimetres."""


@dataclass(frozen=True)
class Pose:
    """How the head is held, in degrees: turned to the person's left, tilted down, leaning to the person's left."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True)
class Camera:
    """A camera in front of a face.

    Attributes
    ----------
    turn : array (3, 3)
        Rotation of the head.
    pivot : array (3,)
        Point around which it turns, in decimetres.
    eyes : float
        Height of the eyes.
    scale : float
        Pixels a decimetre at the depth of the pivot.
    size : int
        Width and height of the picture in pixels.
    """

    turn: Floats
    pivot: Floats
    eyes: float
    scale: float
    size: int

    def place(self, points: Floats) -> Floats:
        """Turn points (..., 3) with the head, in decimetres; the camera looks along -z at the pivot's depth."""
        return (points - self.pivot) @ self.turn.T + self.pivot

    def project(self, placed: Floats) -> Floats:
        """Columns, rows and distances (..., 3) of points that `place` gave."""
        distance = self.pivot[2] + DISTANCE - placed[..., 2]
        reach = self.scale * DISTANCE / distance
        column = self.size / 2 + reach * placed[..., 0]
        row = self.size * EYE_ROW - reach * (placed[..., 1] - self.eyes)
        return np.stack([column, row, distance], axis=-1)


def frame_face(neutral: Floats, pose: Pose, size: int) -> Camera:
    """Aim a camera at a neutral face (vertices, 3); two thirds of the differences in size are evened out."""
    mesh = head_mesh()
    eyes = neutral[np.concatenate([mesh.left_eye, mesh.right_eye])].mean(axis=0)
    rest_eyes = mesh.rest[np.concatenate([mesh.left_eye, mesh.right_eye])].mean(axis=0)
    middle = (np.abs(mesh.rest[:, 0]) < 0.05) & (np.abs(mesh.rest[:, 1] - CHIN) < 0.05) & (mesh.rest[:, 2] > 1.1)
    usual = rest_eyes[1] - CHIN
    height = eyes[1] - neutral[middle, 1].min()
    scale = size * FACE / (usual * (height / usual) ** (2 / 3))
    pivot = np.array([0.0, eyes[1] - 0.2, eyes[2] - 0.9])
    return Camera(_rotation(pose), pivot, float(eyes[1]), float(scale), size)


def _rotation(pose: Pose) -> Floats:
    (sy, cy), (sp, cp), (sr, cr) = (
        (np.sin(np.radians(angle)), np.cos(np.radians(angle))) for angle in (pose.yaw, pose.pitch, -pose.roll)
    )
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(roll @ pitch @ yaw)
