import pytest
from linker_sums import section_sizes

from ffkeras.errors import UserError
from ffkeras.firmware.footprint import read_footprint
from ffkeras.firmware.link_map import Piece, read_link_map

MAP = """\
Archive member included to satisfy reference by file (symbol)

Discarded input sections

 .text.unused   0x00000000      0x999 objects/faces.o

Linker script and memory map

                0x00002000                        STACK_SIZE = 0x2000
.text           0x00000000       0x74
 *(.vectors)
 .vectors       0x00000000       0x40 objects/start.o
 .text.network_run
                0x00000040       0x10 objects/network.o
                0x00000040                network_run
 .text.copy     0x00000050        0x8 objects/int8_copy.o
 *fill*         0x00000058        0x4 
 .text          0x0000005c        0x8 /usr/lib/with space/libm.a(lib_a-exp.o)
 .text.find     0x00000064       0x10 objects/faces.o

.rodata         0x00000080       0x60
 .rodata.weights
                0x00000080       0x20 objects/network.o
 .picture       0x000000a0       0x40 objects/flash_picture.o

.stack          0x20000000     0x2000
 *fill*         0x20000000     0x2000 

.data           0x20002000        0x8 load address 0x000000e0
 .data.impure   0x20002000        0x8 /usr/lib/libc.a(lib_a-impure.o)

.bss            0x20002008       0x30
 .bss.arena     0x20002008       0x20 objects/network.o
 COMMON         0x20002028        0x8 objects/json.o
 .bss.faces     0x20002030        0x8 objects/detection.o
OUTPUT(firmware.elf elf32-littlearm)

.comment        0x00000000       0x26
 .comment       0x00000000       0x26 objects/start.o
                                 0x27 (size before relaxing)
"""


@pytest.fixture
def link_map(tmp_path):
    path = tmp_path / "firmware.map"
    path.write_text(MAP)
    return path


def test_pieces_add_up_to_the_sections_that_the_linker_made(link_map):
    sums = {}
    for piece in read_link_map(link_map):
        sums[piece.section] = sums.get(piece.section, 0) + piece.size
    assert sums == section_sizes(link_map)


def test_pieces_have_the_names_of_their_files(link_map):
    pieces = read_link_map(link_map)
    assert Piece(".text", "network.o", False, 0x10) in pieces
    assert Piece(".text", "lib_a-exp.o", True, 8) in pieces
    assert Piece(".text", "", False, 4) in pieces
    assert not any(piece.size == 0x999 for piece in pieces), "what the linker threw away takes no flash"


def test_every_byte_of_flash_and_ram_is_counted_once(link_map):
    footprint = read_footprint(link_map, stack=100)
    assert (footprint.network_code, footprint.weights, footprint.detection_code) == (0x18, 0x20, 0x10)
    assert footprint.flash == 0x74 + 0x60 + 8 - 0x40
    assert footprint.picture == 0x40
    assert (footprint.arena, footprint.working, footprint.stack, footprint.other_ram) == (0x20, 8, 100, 0x10)
    assert footprint.ram == 8 + 0x30 + 100


def test_what_is_not_a_map_is_refused(tmp_path):
    (tmp_path / "text").write_text("hello")
    with pytest.raises(UserError, match=r"text is not a map of GNU ld; link with"):
        read_link_map(tmp_path / "text")
    with pytest.raises(UserError, match=r"cannot read .*missing"):
        read_link_map(tmp_path / "missing")
