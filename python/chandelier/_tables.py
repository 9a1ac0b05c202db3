"""Reads CSV tables as pandas frames or, without pandas, as NumPy structured arrays."""

import csv
import io

import numpy as np


def read_table(text, texts=()):
    """Reads a table. texts: the columns that stay text, whatever their values look like."""
    header, *rows = csv.reader(io.StringIO(text))
    try:
        import pandas
    except ImportError:
        return _structured(header, rows, texts)
    kept = [name for name in header if name in texts]
    return pandas.read_csv(
        io.StringIO(text),
        dtype=dict.fromkeys(kept, str),
        keep_default_na=False,
        na_values={name: ["", "nan"] for name in header if name not in kept},
        float_precision="round_trip",
    )


def _structured(header, rows, texts):
    cells = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    columns = [np.array(cells[name], dtype=str) if name in texts else _column(cells[name]) for name in header]
    table = np.empty(len(rows), dtype=[(name, column.dtype) for name, column in zip(header, columns)])
    for name, column in zip(header, columns):
        table[name] = column
    return table


def _column(cells):
    """Converts cells to the first type that fits: bool, int, float (an empty cell is nan) or str."""
    if cells and set(cells) <= {"true", "false"}:
        return np.array([cell == "true" for cell in cells])
    for kind in (int, float):
        try:
            return np.array([kind(cell if cell or kind is int else "nan") for cell in cells])
        except ValueError:
            pass
    return np.array(cells, dtype=str)
