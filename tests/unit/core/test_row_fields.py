"""A row read as attributes shows its fields, whatever NumPy calls its own methods."""

from bullmachine.core.record import F8, I8, array, nested, record, row_dtype, to_array


@record
class Part:
    mean: F8 = 1.5
    base: I8 = 3


@record
class Whole:
    flat: F8 = 50.0
    part: Part = nested(Part)
    parts: list[Part] = array(Part, 2)


def test_fields_named_like_numpy_methods_are_read_and_written_in_place() -> None:
    rows = to_array(Whole)
    row = rows[0]
    row.part.mean += row.flat
    row.parts[1].base += 1
    assert rows[0].part.mean == 51.5
    assert rows["parts"]["base"].tolist() == [[3, 4]]


def test_fields_below_a_composed_row_keep_that_too() -> None:
    made = row_dtype([("own", Part.dtype)])  # type: ignore[attr-defined]
    rows = to_array(Part).view(made)
    assert rows[0].own.mean == 1.5
