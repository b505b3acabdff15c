"""A CSV file keeps every byte that was not changed."""

import pytest

from gancourse.errors import InputError
from gancourse.grade.platforms.cells import CSVFile, number, written

FILES = {
    "plain": b"a,b\n1,2\n",
    "no end": b"a,b\n1,2",
    "windows": b"a,b\r\n1,2\r\n",
    "mac": b"a,b\r1,2\r",
    "bom": b'\xef\xbb\xbf"a",b\n1,2\n',
    "utf-16": "a,b\n1,ü\n".encode("utf-16"),
    "western": "a;b\nü;2\n".encode("cp1252"),
    "semicolon": b"a;b\n1,5;2,5\n",
    "tab": b"a\tb\n1,5\t2\n",
    "quotes": b'"a","b"\n"x ""y"", z","2\nlines"\n',
    "odd quotes": b'a,b\n5" pipe,2\n',
    "php": b'a,b\n"say \\"hi\\", now",2\n',
    "empty lines": b"a,b\n\n1,2\n\n",
    "spaces": b" a , b \n 1 , 2 \n",
}


def file(tmp_path, data: bytes) -> CSVFile:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    return CSVFile(path)


@pytest.mark.parametrize("name", FILES)
def test_what_is_not_changed_stays_byte_for_byte(name, tmp_path):
    read = file(tmp_path, FILES[name])
    assert read.content() == FILES[name]
    assert read.header == ["a", "b"]
    assert len(list(read.body())) == 1


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("value", ["7,5", 'a "b", c; d\te', "two\nlines", " x ", ""])
def test_one_cell_changes_and_reads_as_it_was_given(name, value, tmp_path):
    read = file(tmp_path, FILES[name])
    (row,) = read.body()
    before = [[c.raw for c in r] for r in read.rows]
    read.put(row, 1, value)
    again = file(tmp_path, read.content())
    assert again.value(row, 1) == value
    after = [[c.raw for c in r] for r in again.rows]
    before[row][1] = after[row][1]
    assert before == after


def test_what_the_encoding_lacks_becomes_an_entity(tmp_path):
    read = file(tmp_path, FILES["western"])
    read.put(1, 1, "λ")
    assert read.content().endswith(b"&#955;\n")


@pytest.mark.parametrize(("data", "said"), [
    (b"", "no table"), (b"  \n", "no table"), (b"a,b\n1,2,3\n", "row 2 has not as many cells"),
    (b"PK\x03\x04xx", "spreadsheet or a zip"), (b"a\0b", "no table"), (b"a,b\n\x81,\n", "not text"),
])  # fmt: skip
def test_what_is_no_table_is_refused_in_a_sentence(data, said, tmp_path):
    with pytest.raises(InputError, match=said):
        file(tmp_path, data)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="is not a file"):
        CSVFile(tmp_path / "no.csv")


@pytest.mark.parametrize(("text", "value"), [
    ("7", 7), ("7,5", 7.5), ("7.5", 7.5), (" 1.234,5 ", 1234.5), ("1,234.50", 1234.5), ("-1", -1),
    ("", None), ("EX", None), ("7 of 9", None), ("1e5", None), ("NaN", None), ("=7", None),
])  # fmt: skip
def test_numbers_with_point_or_comma(text, value):
    assert number(text) == value


@pytest.mark.parametrize(("value", "text"), [(7, "7"), (7.5, "7,5"), (2 / 3, "0,67"), (-0.0, "0")])
def test_numbers_are_written_short(value, text):
    assert written(value, comma=True) == text
