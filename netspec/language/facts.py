"""What the language has to know of a layer type to read and write YAML; the schema provides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, TypeAlias

from netspec.language.tree import Kind


class LayerFacts(Protocol):
    """One layer type, as seen by a language that knows no layer type by name."""

    @property
    def message(self) -> str | None:
        """The field that holds the type's own settings: `convolution_param`."""

    @property
    def settings(self) -> Collection[str]:
        """Every field that may stand inside that message: `num_output`, `kernel_size`, ..."""

    @property
    def groups(self) -> Collection[str]:
        """The other messages that belong on the layer: `transform_param`, `loss_param`."""

    @property
    def bottoms(self) -> tuple[int, int | None]:
        """Fewest and most bottoms; None is any number. A source has (0, 0)."""

    @property
    def tops(self) -> tuple[int, int | None]:
        """Fewest and most tops; None is any number."""

    @property
    def in_place(self) -> bool:
        """Whether the top may be the bottom: ReLU, Dropout, BatchNorm; not Pooling, not Softmax."""

    def kind_of(self, path: tuple[str, ...]) -> Kind | None:
        """How the scalar at a path is written in prototxt: STRING, NAME (enum, boolean) or NUMBER.

        The path starts inside the type's own message, `("weight_filler", "type")`, or with the
        name of a group, `("transform_param", "mean_file")`. None where no such scalar is declared.
        """


Facts: TypeAlias = Mapping[str, LayerFacts]
