"""Which of the watched folders a file belongs to."""

from pathlib import Path

import pytest

from iqsd.watching.roots import Roots

ROOTS = Roots([Path("/p"), Path("/p/nas"), Path("/p/.hidden")])


@pytest.mark.parametrize(
    ("file", "root"),
    [
        ("/p/a.jpg", "/p"),
        ("/p/nas/a.jpg", "/p/nas"),
        ("/p/nas/below/a.jpg", "/p/nas"),
        ("/p/.hidden/a.jpg", "/p/.hidden"),
        ("/p/.other/a.jpg", None),
        ("/p/nas/.other/a.jpg", None),
        ("/q/a.jpg", None),
    ],
)
def test_a_file_belongs_to_the_nearest_unless_it_lies_where_iqsd_never_looks(file: str, root: str | None) -> None:
    found = ROOTS.of(Path(file))
    assert (found and str(found.path)) == root
