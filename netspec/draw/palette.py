"""The colours of a diagram: one a family, pale, and told apart by colour-blind readers."""

from __future__ import annotations

from netspec.schema.layer import Family

FONT = "Helvetica"
INK, FAINT, LINE, FRAME = "#1F2933", "#5B6770", "#7B8794", "#B8C1CA"
BLOCKS = ("#FFFFFF", "#F5F7FA")  # behind a block in a block, and behind a block
SHARED = "#AA3377"  # the line between layers that share parameters

FILLS: dict[Family, str] = {  # after Paul Tol's pale and light schemes, SRON/EPS/TN/09-002
    Family.DATA: "#DDDDDD",
    Family.SPATIAL: "#A9C8EA",
    Family.DENSE: "#B5DDB8",
    Family.NORMALIZATION: "#EDE7B0",
    Family.ACTIVATION: "#F6C9A8",
    Family.SHAPE: "#E4E7EB",
    Family.ARITHMETIC: "#CDBFE3",
    Family.LOSS: "#F2A7A0",
}
UNKNOWN_FILL, UNKNOWN_INK = "#FFFFFF", "#B3261E"  # of a layer that is not known, dashed
PARAMETERLESS = "#DCE8F6"  # pooling, which shares a family with convolution


def fill(family: Family, learned: bool = True) -> str:
    """A family's colour; a lighter one where convolution and pooling have to be told apart."""
    return FILLS[family] if learned or family is not Family.SPATIAL else PARAMETERLESS
