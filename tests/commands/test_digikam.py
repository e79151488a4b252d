"""`iqsd digikam`: finding what is in the way, and changing it. The rules themselves are in tests/digikam."""

from tests.conftest import Iqsd

RC = "[Album Settings]\nShow Splash=false\n\n[Metadata Settings]\nUse XMP Sidecar For Reading=false\n"


def test_check_says_what_is_in_the_way_and_changes_nothing(iqsd: Iqsd) -> None:
    rc = iqsd.home / "config" / "digikamrc"
    rc.write_text(RC)
    done = iqsd.run("digikam", "check")
    assert done.returncode == 1
    assert "[Metadata Settings] Use XMP Sidecar For Reading is false" in done.stdout
    assert rc.read_text() == RC


def test_without_digikam_it_says_where_it_looked_and_what_to_do(iqsd: Iqsd) -> None:
    done = iqsd.run("digikam", "setup")
    assert done.returncode == 3
    assert str(iqsd.home / "config" / "digikamrc") in done.stderr
    assert "start digiKam once" in done.stderr


def test_one_digikam_with_unusable_settings_does_not_hide_the_findings_on_another(iqsd: Iqsd) -> None:
    (iqsd.home / "config" / "digikamrc").write_text("[General Settings]\nVersion=7.9.0\n")
    flatpak = iqsd.home / ".var/app/org.kde.digikam/config/digikamrc"
    flatpak.parent.mkdir(parents=True)
    flatpak.write_text(RC)
    done = iqsd.run("digikam", "check")
    assert done.returncode == 3
    assert "first-run assistant" in done.stderr
    assert f"digiKam (flatpak) ({flatpak})" in done.stdout
