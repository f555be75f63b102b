"""caffe.NetSpec with `layers` (L) and `params` (P): a net written as Python, made into prototxt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.message import Message

from compiler.pycaffe.proto import caffe_pb2
from netspec.layers import LAYERS


class Top:
    """A blob that a layer makes: its n-th top."""

    def __init__(self, fn: Function, n: int) -> None:
        self.fn, self.n = fn, n

    def to_proto(self) -> Message:
        """The net of all layers that it takes to make this blob."""
        return to_proto(self)


class Function:
    """A layer: its type, the tops that it reads, and its settings as they were given.

    `ntop` says how many tops it has, `in_place` that it writes where it reads.
    """

    def __init__(self, type_name: str, inputs: Iterable[Any], params: dict[str, Any]) -> None:
        self.type_name, self.inputs, self.params = type_name, tuple(inputs), params
        for i, each in enumerate(self.inputs):
            if not isinstance(each, Top):
                raise TypeError(f"{type_name} input {i} is not a Top (type is {type(each)})")
        self.ntop = params.pop("ntop", 1)
        self.in_place = params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))


class _Writer:
    """Writes layers after what they read; blobs without a name are called after their type."""

    def __init__(self, names: Mapping[object, str]) -> None:
        self.names = dict(names)
        self.counts: Counter[str] = Counter()
        self.written: dict[Function, Any] = {}

    def write(self, fn: Function) -> Any:
        """The LayerParameter of a layer."""
        if fn in self.written:
            return self.written[fn]
        bottoms = [self.write(each.fn).top[each.n] for each in fn.inputs]
        layer: Any = caffe_pb2.LayerParameter(type=fn.type_name, bottom=bottoms)
        layer.top.extend(bottoms if fn.in_place else map(self._name, fn.tops))
        layer.name = self._name(fn.tops[0] if fn.tops else fn)
        own = LAYERS[fn.type_name].message if fn.type_name in LAYERS else None
        for name, value in fn.params.items():
            inside = own and not name.endswith("param") and hasattr(getattr(layer, own), name)
            assign_proto(getattr(layer, own) if inside else layer, name, value)  # type: ignore[arg-type]
        self.written[fn] = layer
        return layer

    def _name(self, of: Top | Function) -> str:
        if of not in self.names:
            kind = of.type_name if isinstance(of, Function) else of.fn.type_name
            self.counts[kind] += 1
            self.names[of] = f"{kind}{self.counts[kind]}"
        return self.names[of]

    def net(self) -> Message:
        return caffe_pb2.NetParameter(layer=self.written.values())


def to_proto(*tops: Top) -> Message:
    """The net of all layers that it takes to make these blobs."""
    writer = _Writer({})
    for top in tops:
        writer.write(top.fn)
    return writer.net()


def param_name_dict() -> dict[str, str]:
    """What each message of settings is called in a layer: the `lrn` of lrn_param, by "LRN"."""
    fields = caffe_pb2.MESSAGES["LayerParameter"].DESCRIPTOR.fields
    return {
        field.message_type.name.removesuffix("Parameter"): field.name.removesuffix("_param")
        for field in fields
        if field.name.endswith("_param")
    }


def assign_proto(message: Any, name: str, value: Any) -> None:
    """Set a field: a dict is a message, a list a repeated field, of which one value is one too."""
    field = getattr(message, name)
    if hasattr(field, "extend"):
        values = value if isinstance(value, list | tuple) else [value]
        for each in values:
            if isinstance(each, dict):
                _fill(field.add(), each)
            else:
                field.append(each)
    elif isinstance(value, dict):
        field.SetInParent()
        _fill(field, value)
    else:
        setattr(message, name, value)


def _fill(message: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        assign_proto(message, name, value)


class NetSpec:
    """Blobs by the names that they are assigned to: `n.conv1 = L.Convolution(n.data, ...)`."""

    tops: dict[str, Any]

    def __init__(self) -> None:
        super().__setattr__("tops", {})

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        if name not in self.tops:
            raise AttributeError(f"the net has no blob {name} yet")
        return self.tops[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.tops[name]

    def to_proto(self) -> Message:
        """The net of all blobs and of what it takes to make them; str() of it is prototxt."""
        writer = _Writer({top: name for name, top in self.tops.items()})
        for made in self.tops.values():
            writer.write(made if isinstance(made, Function) else made.fn)
        return writer.net()


class Layers:
    """`L.Convolution(bottom, num_output=8)` is a top, or a tuple of `ntop`; for 0 the layer."""

    def __getattr__(self, name: str) -> Any:
        def layer(*inputs: Any, **params: Any) -> Any:
            made = Function(name, inputs, params)
            return made if made.ntop == 0 else made.tops[0] if made.ntop == 1 else made.tops

        return layer


class Parameters:
    """`P.Pooling.MAX` is the number of a value of an enumeration in PoolingParameter."""

    def __getattr__(self, name: str) -> Any:
        return getattr(caffe_pb2, f"{name}Parameter")


layers, params = Layers(), Parameters()
