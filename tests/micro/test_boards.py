import importlib.util
import os
import re
import shutil

import numpy as np
import pytest
from golden_answers import MODELS, ROOT, answers, smallest_model
from linker_sums import section_sizes
from pictures import write_bmp, write_ppm

from ffkeras.errors import UserError
from ffkeras.firmware.boards import list_boards, run_board
from ffkeras.firmware.footprint import read_footprint
from ffkeras.firmware.link_map import read_link_map
from ffkeras.images import read_image

pytestmark = pytest.mark.device

_spec = importlib.util.spec_from_file_location("measure_firmware", ROOT / "tools" / "measure_firmware.py")
measure_firmware = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(measure_firmware)

NAMES = [board.name for board in list_boards()]
NEEDED = {"arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi", "qemu-system-arm": "qemu-system-arm"}


@pytest.fixture(autouse=True)
def tools_are_there():
    for command, packages in NEEDED.items():
        assert shutil.which(command), f"{command} is missing; install Debian's packages {packages}"


@pytest.fixture
def small(export_network):
    return export_network(smallest_model())


@pytest.mark.parametrize("board", NAMES)
def test_every_board_prints_the_golden_faces_and_raw_outputs(board, small, tmp_path):
    golden = answers(smallest_model())["astronaut"]
    printed = run_board(board, small, golden.picture, tmp_path)
    golden.assert_equal(printed)
    assert 0 < printed["stack_bytes"] < 4096
    linked = {piece.name for piece in read_link_map(tmp_path / "firmware.map") if piece.is_library and piece.size}
    assert linked, "an empty list would show nothing"
    assert not [name for name in linked if re.search("malloc|sbrk|printf|write", name)]


@pytest.mark.parametrize(
    ("board", "file"), [("an500", "nano_b_320_int8.tflite"), ("an547", "v2_ultra_320_int8.tflite")]
)
def test_a_crowd_is_found_by_the_larger_files(board, file, export_network, tmp_path):
    golden = answers(MODELS / file)["crowd"]
    assert len(golden.faces) > 5
    golden.assert_equal(run_board(board, export_network(MODELS / file), golden.picture, tmp_path))


def test_a_picture_of_one_pixel_and_one_with_its_top_row_first(small, tmp_path):
    golden = answers(smallest_model())
    golden["pixel"].assert_equal(run_board("an386", small, golden["pixel"].picture, tmp_path))
    picture = write_bmp(tmp_path / "down.bmp", read_image(golden["strip"].picture), top_first=True)
    golden["strip"].assert_equal(run_board("an386", small, picture, tmp_path))


def test_a_file_is_exported_on_the_way(tmp_path):
    golden = answers(smallest_model())["pixel"]
    golden.assert_equal(run_board("an385", smallest_model(), golden.picture, tmp_path))


def test_a_corrupt_picture_is_refused_by_the_firmware(small, tmp_path):
    whole = write_bmp(tmp_path / "whole.bmp", np.zeros((20, 20, 3), np.uint8))
    cut = tmp_path / "cut.bmp"
    cut.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(UserError, match=r"^the picture in flash is truncated; copy it again.$"):
        run_board("an505", small, cut, tmp_path)


def test_a_picture_that_flash_cannot_turn_round_is_refused(small, tmp_path):
    picture = write_ppm(tmp_path / "really_a_ppm.bmp", np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(UserError, match=r"stores red first"):
        run_board("an505", small, picture, tmp_path)


def test_a_picture_that_is_no_image_is_refused_before_anything_is_built(small, tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    with pytest.raises(UserError, match=r"text.png is not an image"):
        run_board("an386", small, tmp_path / "text.png", tmp_path / "build")
    assert not (tmp_path / "build" / "firmware.elf").exists()


def test_a_picture_too_large_for_flash_is_told_with_what_is_lacking(small, tmp_path):
    picture = write_bmp(tmp_path / "large.bmp", np.zeros((1200, 1200, 3), np.uint8))
    with pytest.raises(UserError, match=r"board an386 is too small .*large.bmp: its region FLASH lacks \d+ bytes"):
        run_board("an386", small, picture, tmp_path)


def test_a_stack_that_is_too_small_ends_in_a_sentence(small, tmp_path, monkeypatch):
    monkeypatch.setitem(os.environ, "STACK_SIZE", "512")
    with pytest.raises(UserError, match=r"the processor met a fault; the stack is too small"):
        run_board("an386", small, answers(smallest_model())["astronaut"].picture, tmp_path)


def test_an_unknown_board_is_refused(small, tmp_path):
    with pytest.raises(UserError, match=r"an999 is not a board; choose from an385 an386 "):
        run_board("an999", small, answers(smallest_model())["pixel"].picture, tmp_path)


def test_the_map_of_a_real_firmware_is_counted_to_the_byte(small, tmp_path):
    run_board("an386", small, answers(smallest_model())["pixel"].picture, tmp_path)
    sums = {}
    for piece in read_link_map(tmp_path / "firmware.map"):
        sums[piece.section] = sums.get(piece.section, 0) + piece.size
    sizes = section_sizes(tmp_path / "firmware.map")
    kept = (".text", ".rodata", ".data", ".bss")
    assert {name: sums[name] for name in kept} == {name: sizes[name] for name in kept}
    footprint = read_footprint(tmp_path / "firmware.map", 1)
    assert footprint.flash + footprint.picture == sizes[".text"] + sizes[".rodata"] + sizes[".data"]
    header = (small / "network.h").read_text()
    assert re.search(rf"#define NETWORK_ARENA_SIZE {footprint.arena}\b", header)


def test_the_measuring_command_prints_a_row_for_each_board(capsys):
    assert measure_firmware.main([str(smallest_model()), "--boards", "an386", "an547"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Bytes; arm-none-eabi-gcc")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if smallest_model().stem in line]
    assert [row[1] for row in rows] == ["an386, Cortex-M4", "an547, Cortex-M55"]
    for row in rows:
        code, weights, detection, rest, flash, arena, working, stack, other, ram = (
            int(cell.replace(",", "")) for cell in row[2:]
        )
        assert min(code, weights, detection, rest, arena, working, stack, other) > 0
        assert code + weights + detection + rest == flash
        assert arena + working + stack + other == ram


def test_the_measuring_command_says_what_does_not_fit_and_fails(capsys, tmp_path):
    picture = write_bmp(tmp_path / "large.bmp", np.zeros((1200, 1200, 3), np.uint8))
    arguments = [str(smallest_model()), "--boards", "an386", "--photo", str(picture)]
    assert measure_firmware.main(arguments) == 1
    assert "on an386: board an386 is too small" in capsys.readouterr().out
