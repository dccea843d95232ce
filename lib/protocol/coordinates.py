"""Where emotions lie on valence and arousal, for classifiers that give labels only: the one place of these numbers."""

from __future__ import annotations

COORDINATES = {
    "valence": {
        "neutral": 0.0, "happy": 0.81, "sad": -0.63, "angry": -0.51, "fear": -0.64, "disgust": -0.60, "surprise": 0.40,
        "contempt": -0.24,
    },
    "arousal": {
        "neutral": 0.0, "happy": 0.51, "sad": -0.27, "angry": 0.59, "fear": 0.60, "disgust": 0.35, "surprise": 0.67,
        "contempt": 0.31,
    },
}  # fmt: skip
"""Mean pleasure and arousal, from -1 to 1, of the terms happy, sad, angry, fearful, disgusted, surprised and
contemptuous, of 151, in Russell, J. A., & Mehrabian, A. (1977), Evidence for a three-factor theory of emotions,
Journal of Research in Personality, 11, 273-294. Neutral is no term of theirs: it is set to the middle.

Checked against three copies of that table in public repositories, since the paper itself was not at hand: two of
nearly all terms, typed apart (they differ in others, such as frustrated and carefree), and one of twenty terms with
their numbers (GamSeong-HwaBaek/GamSeong-HwaBaek, Emotion-PAD.md: happy 31, surprised 52, disgusted 75, angry 82,
fearful 101, sad 151). All three agree on these six, the two long ones on contemptuous. Copies that give fear as -.62
and .82 have taken the term terrified. They are of words for feelings, not of faces."""
