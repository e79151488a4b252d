"""Label files, row by row, with errors that name file, line and column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.datasets.labels import DataSetError


@dataclass(frozen=True)
class Row:
    """One row of a table, with its file and line for errors."""

    where: str
    cells: dict[str, str]

    def text(self, column: str) -> str:
        value = self.cells[column]
        if not value:
            raise DataSetError(f"{self.where}: {column} is empty")
        return value

    def number(self, column: str) -> float:
        try:
            value = float(self.cells[column])
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise DataSetError(f"{self.where}: {column} is {self.cells[column]!r}, must be a number")
        return value

    def numbers(self, columns: Sequence[str]) -> list[float]:
        return [self.number(column) for column in columns]


def first_that_exists(folder: Path, *names: str) -> Path:
    """Return the first of these files that exists; data sets are published in several forms.

    Raises:
        DataSetError: none exists.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise DataSetError(f"{folder}: there is no {' and no '.join(names)}")


def rows_with_header(file: Path, columns: Sequence[str], delimiter: str = ",") -> Iterator[Row]:
    """Yield the rows of a table whose first line names the columns.

    Raises:
        DataSetError: the file is missing or not text, or lacks one of the columns.
    """
    lines = csv.reader(_lines(file), delimiter=delimiter)
    header = [name.strip() for name in next(lines, [])]
    lacking = [column for column in columns if column not in header]
    if lacking:
        raise DataSetError(f"{file}: has no column {', '.join(lacking)}; its columns are {', '.join(header)}")
    for cells in lines:
        if cells:
            yield _row(file, lines.line_num, header, cells)


def rows_without_header(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a file of words separated by blanks, whose columns are known.

    Raises:
        DataSetError: the file is missing or not text, or a line has more or fewer words.
    """
    for number, line in enumerate(_lines(file), 1):
        if line.strip():
            yield _row(file, number, columns, line.split())


def rows_of_workbook(file: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of the first sheet of an Excel workbook whose first row names the columns.

    Raises:
        DataSetError: the file is missing or not a workbook, or lacks one of the columns.
    """
    import openpyxl  # only SPAQ needs it

    if not file.is_file():
        raise DataSetError(f"{file}: there is no such file")
    try:
        sheet = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
        table = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except Exception as error:  # a broken archive can raise anything from a dozen modules
        raise DataSetError(f"{file}: is no Excel workbook: {error}") from None
    header = [name.strip() for name in table[0]] if table else []
    lacking = [column for column in columns if column not in header]
    if lacking:
        raise DataSetError(f"{file}: has no column {', '.join(lacking)}; its columns are {', '.join(header)}")
    for number, cells in enumerate(table[1:], 2):
        if any(cells):
            yield _row(file, number, header, cells)


def _row(file: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) != len(header):
        raise DataSetError(f"{file}: line {number} has {len(cells)} values, must have {len(header)}")
    return Row(f"{file}: line {number}", dict(zip(header, (cell.strip() for cell in cells), strict=True)))


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DataSetError(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DataSetError(f"{file}: cannot be read: {error}") from None
