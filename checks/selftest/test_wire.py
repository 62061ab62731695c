"""The wire format: what goes in comes out, and whatever else comes in is refused in good order."""

from __future__ import annotations

import io
import json
import math
import tracemalloc
import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from checks.engine.errors import WireError
from checks.engine.sandbox import wire
from checks.engine.sandbox.wire import Array, Other, pack, read, unpack

Numbers = np.ndarray[Any, Any]

plain_values = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
)
arrays = st.sampled_from(sorted(wire.DTYPES)).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4))
)
values = st.recursive(
    plain_values | arrays,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.integers(-(2**63) + 1, 2**63 - 1) | st.text("ab$", max_size=9), inner)
    ),
    max_leaves=12,
)


def same(sent: Any, came: Any) -> bool:
    """Whether a value survived; NaN is itself, and -0.0 is not 0.0."""
    if isinstance(sent, np.ndarray):
        return (
            type(came) is Array
            and came.kind == "array"
            and came.dtype == sent.dtype.name
            and came.shape == sent.shape
            and came.values.tobytes() == sent.astype(sent.dtype.newbyteorder("=")).tobytes()
        )
    if type(sent) is not type(came):
        return False
    if isinstance(sent, (list, tuple)):
        return len(sent) == len(came) and all(map(same, sent, came))
    if isinstance(sent, dict):
        return list(sent) == list(came) and all(same(sent[key], came[key]) for key in sent)
    if isinstance(sent, float):
        return repr(sent) == repr(came)
    return bool(sent == came)


def message(tree: object, buffers: bytes = b"") -> bytes:
    """A message as `pack` would never write it."""
    text = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return wire.HEADER.pack(wire.MAGIC, len(text), len(buffers)) + text + buffers


@settings(max_examples=100)
@given(values)
def test_every_value_comes_back(value: Any) -> None:
    assert same(value, unpack(pack(value)))


@settings(max_examples=100)
@given(arrays)
def test_every_array_comes_back_as_tensor_too(array: Numbers) -> None:
    tensor = torch.from_numpy(array.copy())
    came = unpack(pack(tensor))
    assert (came.kind, came.requires_grad) == ("tensor", False)
    assert came.values.tobytes() == array.tobytes()


LAYOUTS = {
    "every other column": np.arange(24.0).reshape(4, 6)[:, ::2],
    "backwards": np.arange(5)[::-1],
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "big-endian": np.arange(6, dtype=">i4"),
    "broadcast": np.broadcast_to(np.float32(3), (2, 5)),
    "no columns": np.zeros((3, 0)),
    "special numbers": np.array([np.nan, np.inf, -np.inf, -0.0]),
    "no dimensions": np.array(7.5),
    "masked": np.ma.masked_array(np.arange(3.0), [True, False, False]).data,
    "read-only": np.frombuffer(b"\1\2\3", np.uint8),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_memory_layout_does_not_matter(name: str) -> None:
    assert same(LAYOUTS[name], unpack(pack(LAYOUTS[name])))


def test_tensors_say_what_they_are() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.5, -0.0]))
    assert unpack(pack(weight)).requires_grad
    assert unpack(pack(weight * 2)).requires_grad
    assert not unpack(pack(weight.detach())).requires_grad
    half = unpack(pack(torch.tensor([1.5, math.inf], dtype=torch.bfloat16)))
    assert (half.dtype, half.values.dtype, half.values.tolist()) == (
        "bfloat16", np.float32, [1.5, math.inf],
    )  # fmt: skip
    assert unpack(pack(torch._neg_view(torch.ones(2)))).values.tolist() == [-1, -1]
    assert unpack(pack(torch.zeros(1).expand(3, 2))).shape == (3, 2)
    scalar = unpack(pack(np.float64(2.5)))
    assert (scalar.kind, scalar.values.item()) == ("scalar", 2.5)


def without_plain_values() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield torch.ones(2, 2).to_sparse()
        yield torch.ones(2, device="meta")
        yield torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)
        yield torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    yield torch.ones(2, dtype=torch.complex64)
    yield torch.ones(2).to(torch.float8_e4m3fn)
    yield np.ones(2, complex)
    yield np.array([{}, None], dtype=object)
    yield np.array(["text"])
    yield np.zeros(2, "i4,f8")
    yield np.array(["2020-01-01"], "datetime64[D]")
    yield from (torch.nn.Linear(1, 1), print, type, iter([]), 1j, {1, 2}, b"bytes", ...)


def test_what_has_no_plain_values_travels_as_a_name() -> None:
    for value in without_plain_values():
        assert isinstance(unpack(pack([value]))[0], Other), value
    assert unpack(pack(print)) == Other("builtin_function_or_method")


class Liar:
    """Says that it is a tensor."""

    __class__ = torch.Tensor  # type: ignore[assignment]


class Refusing(np.ndarray[Any, Any]):
    """An array that breaks at the touch."""

    shape = dtype = size = itemsize = property(lambda self: 1 / 0)

    def tobytes(self, *_: Any) -> bytes:
        return b"not the numbers"

    def __array__(self, *_: Any, **__: Any) -> Numbers:
        raise RuntimeError

    def astype(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError


class RefusingTensor(torch.Tensor):
    """The same for PyTorch."""

    dtype = layout = requires_grad = property(lambda self: 1 / 0)

    def numel(self) -> int:
        return 0

    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        raise RuntimeError


class Text(str):
    """Text with a say of its own."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def test_subclasses_have_no_say() -> None:
    assert unpack(pack(Liar())) == Other("Liar")
    assert unpack(pack(Text("?"))) == Other("Text")
    assert unpack(pack(np.arange(3.0).view(Refusing))).values.tolist() == [0, 1, 2]
    with torch._C.DisableTorchFunctionSubclass():
        tensor = torch.arange(3.0).as_subclass(RefusingTensor)
    assert unpack(pack(tensor)).values.tolist() == [0, 1, 2]
    point = namedtuple("point", "x y")
    assert unpack(pack(point(1, 2))) == [1, 2]
    assert unpack(pack(OrderedDict(a=1))) == {"a": 1}


def test_numbers_and_texts_have_bounds() -> None:
    assert unpack(pack(10**30)) == Other("a very large int")
    assert unpack(pack({10**30: 1, None: 2})) == {"int": 1, "NoneType": 2}
    assert unpack(pack("half a pair: \ud800")) == "half a pair: ?"
    assert unpack(pack({"\ud800": 1})) == {"?": 1}
    assert len(unpack(pack("a" * 10**6))) == wire.MAX_TEXT


def cyclic() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


TOO_MUCH = {
    "one large array": lambda: np.broadcast_to(np.float64(1), (10**5, 10**5)),
    "a tensor that claims 40 GB": lambda: torch.zeros(1).expand(10**10),
    "many arrays": lambda: [np.zeros(2**20)] * 9,
    "many words": lambda: ["a" * wire.MAX_TEXT] * 500,
    "a list within itself": cyclic,
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_is_too_much_is_refused_before_it_is_copied(name: str) -> None:
    value = TOO_MUCH[name]()
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            pack(value)
        assert tracemalloc.get_traced_memory()[1] < 2 * wire.MAX_BUFFERS
    finally:
        tracemalloc.stop()


def taken_apart(data: bytes) -> None:
    """Any bytes are a value or a WireError; a value can be packed again."""
    try:
        value = unpack(data)
    except WireError:
        return
    json.dumps(repr(value)).encode("ascii")
    repr(value).encode("utf-8")


@settings(max_examples=100)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(message))
def test_any_bytes_are_a_value_or_refused(data: bytes) -> None:
    taken_apart(data)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(
            st.sampled_from(["$dict", "$list", "$tuple", "$float", "$other", "$array", "x"]), inner
        )
    ),
)
array_nodes = st.tuples(
    st.integers(-1, 40) | st.none(),
    st.sampled_from(["float32", "uint8", "object", ">f8", "", 7]),
    st.lists(st.integers(-1, 5) | st.sampled_from([2**40, 2**70, 1.0, True]), max_size=18),
    st.sampled_from(["tensor", "array", "scalar", "x"]),
    st.booleans() | json_trees,
    st.sampled_from(["", "float32", 3, None]),
).map(lambda node: {"$array": list(node)})


@settings(max_examples=200)
@given(json_trees | array_nodes, st.binary(max_size=64))
def test_any_structure_is_a_value_or_refused(tree: Any, buffers: bytes) -> None:
    taken_apart(message(tree, buffers))


@settings(max_examples=100)
@given(values, st.data())
def test_a_damaged_message_is_a_value_or_refused(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(pack(value))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    taken_apart(bytes(damaged))
    taken_apart(bytes(damaged[: data.draw(st.integers(0, len(damaged)))]))


FORGED = {
    "deep lists": b"[" * 100_000,
    "deep nodes": b'{"$list":[' * 100_000 + b"]}" * 100_000,
    "a number of 5,000 digits": b"1" * 5000,
    "a number of 1,000 digits": b"1" * 1000,
    "a long number as key": {"$dict": [[2**64, 1]]},
    "a truth value as key": {"$dict": [[True, 1]]},
    "two nodes in one": {"$list": [], "$tuple": []},
    "a bare list": [1],
    "text beyond its bound": "a" * (wire.MAX_TEXT + 1),
    "10 GB of nothing": {"$array": [0, "float64", [2**30], "array", False, ""]},
    "no rows of 10 GB": {"$array": [0, "float64", [0, 2**62], "array", False, ""]},
    "a buffer before the first": {"$array": [-8, "float64", [1], "array", False, ""]},
    "objects": {"$array": [0, "object", [1], "array", False, ""]},
}


@pytest.mark.parametrize("name", FORGED)
def test_forged_structure_is_refused(name: str) -> None:
    with pytest.raises(WireError):
        unpack(message(FORGED[name], bytes(16)))


def test_text_comes_clean() -> None:
    assert unpack(message(b'"\\ud800"')) == "?"
    assert unpack(message(b'{"$other": "\\ud800"}')) == Other("?")


def test_arrays_cannot_be_written_to_and_never_compare_as_equal() -> None:
    one, other = unpack(pack([np.zeros(3), np.zeros(3)]))
    assert (one == one, one == other) == (True, False)
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 1


class Stream(io.BytesIO):
    """Remembers how much was asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked = max(self.asked, size or 0)
        return super().read(size)


def test_messages_are_read_one_after_another() -> None:
    stream = Stream(pack([1]) + pack({"a": np.zeros(3)}))
    assert unpack(read(stream) or b"") == [1]
    assert same({"a": np.zeros(3)}, unpack(read(stream) or b""))
    assert read(stream) is None


@pytest.mark.parametrize(
    "data",
    [
        b"GANK",
        b"rubbish that is long enough",
        pack([1])[:-1],
        wire.HEADER.pack(wire.MAGIC, 10, 10 * 2**30),
        wire.HEADER.pack(wire.MAGIC, 2**32 - 1, 0),
    ],
)
def test_a_stream_that_lies_is_refused_and_nothing_large_is_asked_of_it(data: bytes) -> None:
    stream = Stream(data)
    with pytest.raises(WireError):
        read(stream)
    assert stream.asked < 1000
