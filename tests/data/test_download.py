"""Image sets that are downloaded: mirrors, the cache, what stands in where none answers."""

import os
import shutil
import signal
import time
import urllib.request
from threading import Barrier, Thread
from urllib.error import URLError

import pytest
from file_server import serving
from small_sets import FILES, TEST, TRAIN, write
from torchvision import datasets

from gancourse.data import download, load_images, sets

pytestmark = pytest.mark.usefixtures("machine")


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_download_fills_the_cache(raw, mirrors):
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "mnist"
    assert {name: (raw / name).read_bytes() for name in os.listdir(raw)} == FILES


def test_a_download_goes_through_the_proxy_that_the_machine_names(raw, monkeypatch):
    monkeypatch.setattr(datasets.MNIST, "mirrors", ["http://mirror.invalid/"])
    monkeypatch.setattr(urllib.request, "_opener", None)  # reads the variables again
    with serving(FILES) as proxy:
        monkeypatch.setenv("http_proxy", proxy.mirror)
        load_images("mnist")
    assert set(proxy.asked) == set(FILES)
    assert {name: (raw / name).read_bytes() for name in os.listdir(raw)} == FILES


def test_what_is_in_the_cache_is_not_asked_for(raw, mirrors):
    write(raw, {name: content for name, content in FILES.items() if name != TEST})
    with serving(FILES) as server:
        mirrors(server)
        load_images("mnist")
    assert set(server.asked) == {TEST}


def test_cache_needs_no_server(raw, capfd):
    write(raw, FILES)
    assert str(raw) in load_images("mnist").source
    assert capfd.readouterr().out == ""


BAD = {
    "damaged": "sent a file whose checksum is wrong",
    "cut": "sent a file whose checksum is wrong|IncompleteRead",
    "403": "answered with HTTP 403",
    "503": "answered with HTTP 503",
    "silent": "sent nothing for 0.4 s",
    "stalled": "sent nothing for 0.4 s",
    "dripping": "sent nothing for 0.4 s",
}


@pytest.mark.parametrize("how", BAD)
def test_second_mirror_after_a_bad_first(how, raw, mirrors):
    with serving(FILES, how) as bad, serving(FILES) as good:
        mirrors(bad, good)
        assert load_images("mnist").name == "mnist"
    assert bad.asked
    assert sorted(os.listdir(raw)) == sorted(FILES)


@pytest.mark.parametrize("how", BAD)
def test_digits_and_one_line_after_a_bad_last_mirror(how, raw, mirrors, capfd):
    with serving(FILES, how) as bad:
        mirrors(bad)
        assert load_images("mnist").name == "digits"
        line = capfd.readouterr().out
        assert bad.mirror in line
    assert any(reason in line for reason in BAD[how].split("|"))
    assert files_in(raw) == []


def test_the_line_says_what_why_and_what_to_do(capfd):
    found = load_images("fashion", "test")
    line = capfd.readouterr().out
    assert (found.name, found.split, len(found)) == ("digits", "test", 360)
    assert line.count("\n") == 1
    assert line.startswith("Fashion-MNIST is not on this machine, and was not downloaded (")
    assert "could not be reached" in line
    assert "connect to the network, or set GANCOURSE_DATA" in line


def test_the_line_is_short_from_the_second_time_on(capfd):
    load_images("fashion")
    load_images("fashion", "test")
    load_images("mnist")
    lines = capfd.readouterr().out.splitlines()
    again = "Fashion-MNIST: the small digits of scikit-learn stand in for it again."
    assert [line == again for line in lines] == [False, True, False]


def test_the_line_names_a_given_folder_that_lacks_the_set(given, capfd):
    load_images("fashion")
    assert f"or in GANCOURSE_DATA ({given})" in capfd.readouterr().out


def test_offline_asks_nobody(mirrors, monkeypatch, capfd):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "digits"
    assert server.asked == []
    assert "GANCOURSE_OFFLINE is set" in capfd.readouterr().out


def test_offline_reads_the_cache(raw, monkeypatch):
    monkeypatch.setenv("GANCOURSE_OFFLINE", "1")
    write(raw, FILES)
    assert load_images("mnist").name == "mnist"


def test_digits_need_no_network(monkeypatch, capfd):
    monkeypatch.setattr(sets, "download", None)
    load_images("digits")
    assert capfd.readouterr().out == ""


def test_stalled_mirror_is_not_asked_again_at_once(mirrors):
    with serving(FILES, "silent") as stalled, serving(FILES) as good:
        mirrors(stalled, good)
        load_images("mnist")
        load_images("mnist", "test")
    assert len(stalled.asked) == 1


def test_stalled_mirror_is_asked_again_after_a_minute(mirrors, monkeypatch):
    with serving(FILES, "silent") as server:
        mirrors(server)
        load_images("mnist")
        server.how, now = "good", time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: now + 50)
        assert load_images("mnist").name == "digits"
        monkeypatch.setattr(time, "monotonic", lambda: now + 61)
        assert load_images("mnist").name == "mnist"


def test_broken_mirror_is_asked_again_at_once(mirrors):
    with serving(FILES, "503") as server:
        mirrors(server)
        load_images("mnist")
        server.how = "good"
        assert load_images("mnist").name == "mnist"


@pytest.fixture
def ctrl_c():
    """Ctrl-C interrupts, also where this runs in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_interruption_leaves_nothing(raw, mirrors, monkeypatch):
    monkeypatch.setattr(download, "STALL_S", 30)  # the interruption comes first on a slow machine
    press = iter([lambda: None, lambda: os.kill(os.getpid(), signal.SIGINT)])  # asked twice a file
    with serving(FILES, "stalled", hook=lambda: next(press)()) as server:
        mirrors(server)
        with pytest.raises(KeyboardInterrupt):
            load_images("mnist")
    assert list(raw.iterdir()) == []


def leftover(raw, age):
    """Leave what a process that was killed `age` seconds ago had written."""
    part = raw / f".{TRAIN}.abc.part"
    write(part, {TRAIN: FILES[TRAIN][:99]})
    for path in (part / TRAIN, part):
        os.utime(path, (time.time() - age,) * 2)
    return part


def test_leftovers_are_swept_up(raw):
    write(raw, FILES)
    part = leftover(raw, age=100)
    assert load_images("mnist").name == "mnist"
    assert not part.exists()


def test_another_download_in_progress_is_left_alone(raw):
    write(raw, FILES)
    part = leftover(raw, age=0)
    load_images("mnist")
    assert part.exists()


def test_a_download_that_still_grows_is_left_alone(raw):
    write(raw, FILES)
    part = leftover(raw, age=100)
    os.utime(part / TRAIN)  # a folder's own time does not change when a file in it grows
    load_images("mnist")
    assert part.exists()


def test_a_download_goes_to_a_hidden_folder_that_a_sweep_finds(raw, mirrors):
    seen = set()
    look = lambda: seen.update(path.name for path in raw.iterdir() if path.is_dir())  # noqa: E731
    with serving(FILES, hook=look) as server:
        mirrors(server)
        load_images("mnist")
    assert len(seen) == 4
    assert all(name.startswith(".") and name.endswith(".part") for name in seen)
    assert {name[1:].partition(".gz")[0] + ".gz" for name in seen} == set(FILES)


def test_another_process_may_be_faster_and_sweep(raw, monkeypatch):
    def elsewhere(url, part, name, md5):
        (raw / name).write_bytes(FILES[name])
        shutil.rmtree(part)

    monkeypatch.setattr("torchvision.datasets.utils.download_url", elsewhere)
    assert load_images("mnist").name == "mnist"


def test_a_mirror_that_is_given_up_keeps_no_program_from_its_end(mirrors, monkeypatch):
    class Spy(Thread):
        def start(self):
            started.append(self)
            super().start()

    started = []
    monkeypatch.setattr(download, "Thread", Spy)
    with serving(FILES, "silent") as silent:
        mirrors(silent)
        load_images("mnist")
        assert [(thread.is_alive(), thread.daemon) for thread in started] == [(True, True)]


def test_a_mirror_that_sends_nothing_is_given_up_after_one_wait(mirrors, monkeypatch):
    class Never:
        done = ()

    asked = []
    monkeypatch.setattr(download, "wait", lambda jobs, seconds: asked.append(seconds) or Never)
    with serving(FILES, "silent") as silent:
        mirrors(silent)
        assert load_images("mnist").name == "digits"
    assert asked == [0.4]


SAID = [
    (URLError(TimeoutError()), "sent nothing for 0.4 s"),
    (URLError("no route"), "could not be reached: no route"),
    (RuntimeError("File not found or corrupted."), "sent a file whose checksum is wrong"),
    (OSError("the disk is full"), "failed: the disk is full"),
]


@pytest.mark.parametrize(("error", "said"), SAID)
def test_what_the_last_mirror_did_is_said(error, said, tmp_path, monkeypatch):
    def fail(*given):
        raise error

    monkeypatch.setattr(download, "_fetch", fail)
    with pytest.raises(download.Unavailable, match=f"^the last mirror, http://m/, {said}$"):
        download.download({"a": ""}, ["http://m/"], tmp_path)


def test_without_a_mirror_nothing_can_be_had(tmp_path):
    with pytest.raises(download.Unavailable, match="it has no mirror"):
        download.download({"a": ""}, [], tmp_path)


def test_a_leftover_is_not_taken_for_the_file(raw, mirrors):
    write(raw, FILES)
    (raw / TRAIN).unlink()
    leftover(raw, age=0)
    with serving(FILES) as server:
        mirrors(server)
        assert len(load_images("mnist")) == 60


def test_two_downloads_at_once(raw, mirrors, monkeypatch):
    """Each waits for the other before each file: on a busy machine for longer than a mirror may."""
    monkeypatch.setattr(download, "STALL_S", 300.0)
    both = Barrier(2, timeout=300)
    got = []
    with serving(FILES, hook=lambda: both.wait() if len(got) == 0 else None) as server:
        mirrors(server)
        twins = [Thread(target=lambda: got.append(load_images("mnist"))) for _ in range(2)]
        [twin.start() for twin in twins]
        [twin.join() for twin in twins]
    assert [found.name for found in got] == ["mnist", "mnist"]
    assert sorted(os.listdir(raw)) == sorted(FILES)


def test_a_cache_that_cannot_be_written(tmp_path, mirrors, capfd):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with serving(FILES) as server:
        mirrors(server)
        assert load_images("mnist").name == "digits"
    assert "MNIST/raw cannot be written: Not a directory" in capfd.readouterr().out
