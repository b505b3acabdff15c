"""A CSV file as somebody saved it: cells can be changed, and every other byte stays as it was."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gancourse.errors import InputError

BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DELIMITERS = ",;\t:"
MAX_BYTES = 50_000_000
# What stands between two quotes, for those who double a quote and for PHP, where \" is one too.
INSIDE = (r'[^"]*(?:""[^"]*)*', r'(?:\\.|""|[^"\\])*')


@dataclass
class Cell:
    """A cell as it stands in the file, and what ends it: a delimiter, a line end or nothing."""

    raw: str
    end: str

    @property
    def value(self) -> str:
        quoted = len(self.raw) > 1 and self.raw[0] == '"' == self.raw[-1]
        return self.raw[1:-1].replace('""', '"') if quoted else self.raw


class CSVFile:
    """The rows of a CSV file in any common encoding, delimiter and line end.

    `rows` counts from the header, row 0. Raises InputError for what is no such file, or where a
    row has more or fewer cells than the header.
    """

    def __init__(self, path: Path):
        self.path = Path(path)
        data = _read(self.path)
        self.bom = next((b for b in BOMS if data.startswith(b)), b"")
        self.encoding = BOMS.get(self.bom) or _encoding(data)
        try:
            text = data[len(self.bom) :].decode(self.encoding)
        except UnicodeDecodeError:
            raise InputError(f"{path} is not text: give the CSV file as downloaded.") from None
        if not text.strip() or "\0" in text:
            raise InputError(f"{path} holds no table: give the CSV file as downloaded.")
        first = re.match(f'(?:"{INSIDE[0]}"|[^\r\n])*', text.lstrip("\r\n"))[0]
        outside = re.sub('"[^"]*"', "", first)
        self.delimiter = max(DELIMITERS, key=outside.count)
        self.rows = self._rows(text)

    def _rows(self, text: str) -> list[list[Cell]]:
        """Return the rows; empty lines are rows of one empty cell."""
        wrong = 0
        for inside in INSIDE:
            rows = list(_scan(text, self.delimiter, inside))
            wrong = next((n for n, r in enumerate(rows, 1) if not self._fits(r, rows[0])), 0)
            if not wrong:
                return rows
        raise InputError(
            f"{self.path}: row {wrong} has not as many cells as the first row: give the file as "
            "downloaded."
        )

    @staticmethod
    def _fits(row: list[Cell], header: list[Cell]) -> bool:
        return len(row) == len(header) or (len(row) == 1 and not row[0].raw.strip())

    @property
    def header(self) -> list[str]:
        return [c.value.strip() for c in self.rows[0]]

    def body(self) -> Iterator[int]:
        """Yield the number of each row with cells below the header."""
        for n, row in enumerate(self.rows[1:], 1):
            if any(cell.value.strip() for cell in row):
                yield n

    def value(self, row: int, column: int) -> str:
        return self.rows[row][column].value

    def put(self, row: int, column: int, value: str) -> None:
        """Change a cell; it is quoted where it was, or has to be."""
        cell = self.rows[row][column]
        special = any(c in value for c in f'{self.delimiter}"\r\n') or value != value.strip()
        if special or cell.raw.startswith('"'):
            value = '"' + value.replace('"', '""') + '"'
        cell.raw = value

    def content(self) -> bytes:
        """Return the file; what its encoding does not have becomes an HTML entity."""
        text = "".join(c.raw + c.end for row in self.rows for c in row)
        return self.bom + text.encode(self.encoding, "xmlcharrefreplace")


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"{path} is not a file: give the CSV file that you downloaded.")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB: is it the right one?")
    data = path.read_bytes()
    if data[:4] == b"PK\x03\x04":
        raise InputError(f"{path} is a spreadsheet or a zip: save it as CSV, or download CSV.")
    return data


def _encoding(data: bytes) -> str:
    """Return UTF-8 where the bytes are that, else what Western spreadsheets write."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _scan(text: str, delimiter: str, inside: str) -> Iterator[list[Cell]]:
    d = re.escape(delimiter)
    pattern = re.compile(rf'("{inside}"(?=[{d}\r\n]|\Z)|[^{d}\r\n]*)({d}|\r\n|\r|\n|\Z)', re.S)
    row, place = [], 0
    while place < len(text) or row:
        found = pattern.match(text, place)
        row.append(Cell(found[1], found[2]))
        place = found.end()
        if found[2] != delimiter:
            yield row
            row = []


def number(text: str) -> float | None:
    """Return the number that a cell says, with a decimal point or comma, or None."""
    plain = text.strip().replace("\xa0", "").replace(" ", "")
    if not re.fullmatch(r"-?\d+([.,]\d+)*", plain):
        return None
    whole, *parts = re.split("[.,]", plain)
    return float("".join([whole, *parts[:-1]]) + ("." + parts[-1] if parts else ""))


def written(value: float, comma: bool = False) -> str:
    """Return a number with at most two decimals, as short as it goes."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    return text.replace(".", ",") if comma else text


def column(file: CSVFile, name: str) -> int | None:
    """Return where the header has this name, or None."""
    return file.header.index(name) if name in file.header else None
