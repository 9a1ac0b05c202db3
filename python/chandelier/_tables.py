"""CSV tables as pandas frames where pandas is there, else as NumPy structured arrays."""

import csv
import io

import numpy as np


def read_table(text):
    try:
        import pandas
    except ImportError:
        return _structured(text)
    return pandas.read_csv(io.StringIO(text), keep_default_na=False, na_values=["", "nan"], float_precision="round_trip")


def _structured(text):
    header, *rows = csv.reader(io.StringIO(text))
    columns = [_column([row[i] for row in rows]) for i in range(len(header))]
    table = np.empty(len(rows), dtype=[(name, column.dtype) for name, column in zip(header, columns)])
    for name, column in zip(header, columns):
        table[name] = column
    return table


def _column(cells):
    """True or false, whole numbers, numbers (nothing is nan), or texts."""
    if cells and set(cells) <= {"true", "false"}:
        return np.array([cell == "true" for cell in cells])
    for kind in (int, float):
        try:
            return np.array([kind(cell if cell or kind is int else "nan") for cell in cells])
        except ValueError:
            pass
    return np.array(cells, dtype=str)
