"""Laws of the notes' parser, on made-up notes and on arbitrary text."""

from hypothesis import example, given
from hypothesis import strategies as st

from juesuan.forms import NoteError, parse_note

_WIDE = str.maketrans("0123456789+-=()", "０１２３４５６７８９＋－＝（）")
_blank = st.sampled_from(["", " ", "  ", "　"])
_prose = st.sampled_from(["注", "本表反映单位本年度收支情况", "单位", "2020 年度", "“三公”经费", ""])
_separator = st.sampled_from(["；", ";", "。", "：", "\n"])


@st.composite
def formulae(draw: st.DrawFn) -> tuple[str, tuple[int, list[int]]]:
    """A formula as printed, and what it means."""
    axis, each = draw(st.sampled_from([("行", ""), ("栏", ""), ("栏", "各行"), ("行", "各栏")]))
    target, *numbers = draw(st.lists(st.integers(1, 999), min_size=2, max_size=8, unique=True))
    signs = [1, *draw(st.lists(st.sampled_from([1, -1]), min_size=len(numbers) - 1, max_size=len(numbers) - 1))]
    terms = [sign * number for sign, number in zip(signs, numbers, strict=True)]
    if draw(st.booleans()):
        start = draw(st.integers(1000, 2000))
        end = start + draw(st.integers(2, 40))
        printed = f"{start}+{start + 1}+{draw(st.sampled_from(['…', '...', '⋯', '……']))}+{end}"
        terms = list(range(start, end + 1))
    else:
        printed = "".join(f"{'-' if term < 0 else '+'}{abs(term)}" for term in terms)[1:]
    suffix = draw(_blank) + axis + each
    text = f"{target}{suffix}{draw(_blank)}={draw(_blank)}({printed}){suffix}"
    return text.translate(_WIDE) if draw(st.booleans()) else text, (target, terms)


@given(st.lists(st.tuples(st.one_of(formulae(), _prose), _separator)))
def test_a_printed_note_is_read_without_loss_and_with_its_meaning(parts: list) -> None:
    source = "".join((part if isinstance(part, str) else part[0]) + separator for part, separator in parts)
    note = parse_note(source)
    assert "".join(segment.text for segment in note.segments) == source
    meant = [part[1] for part, _ in parts if not isinstance(part, str)]
    assert [(f.target, [term.sign * term.number for term in f.terms]) for f in note.formulae] == meant


@given(st.one_of(st.text(), st.text(alphabet="0123９（）()+-＋－=＝行栏各…. ；。：\n合计")))
@example("27 行＝（1+2+…+9999）行")
@example("1栏各行＝（2+3）栏各行\x1f。")
@example("²行=³行")
def test_any_text_is_read_without_loss_or_refused(source: str) -> None:
    try:
        note = parse_note(source)
    except NoteError as error:
        assert 0 <= error.position <= len(source)
        return
    assert "".join(segment.text for segment in note.segments) == source
    ends = [segment.end for segment in note.segments]
    assert [segment.start for segment in note.segments] == [0, *ends[:-1]][: len(ends)]
