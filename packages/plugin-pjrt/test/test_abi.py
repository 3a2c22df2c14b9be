"""Our declarations of the PJRT ABI against an independent description of it (PyPI: pypjrt).

The layout comes from the compiler: this test reads struct and field names out of our headers, lets a small C++ program
print their offsets, and looks each one up.
"""

import ctypes
import pathlib
import re
import subprocess

import pytest

pytest.importorskip("pypjrt")
from pypjrt._abi import pjrt_0_114 as abi  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"
HEADERS = ["pjrt_abi.h", "pjrt_abi_buffer.h", "pjrt_abi_devices.h", "pjrt_abi_execution.h", "pjrt_abi_profiler.h"]


def header_text():
    text = "".join((SOURCE / name).read_text() for name in HEADERS)
    return re.sub(r"//.*", "", text)


def structs():
    """{struct: [fields]} of everything that we declare with a body and that has a layout of its own."""
    found = {}
    for name, body in re.findall(r"struct ((?:PJRT|PLUGIN)_\w+)(?: : PjrtArgs)? \{(.*?)\n?\};", header_text(), flags=re.DOTALL):
        body = re.sub(r"\(\*(\w+)\)\([^)]*\)", r"\1", body)  # function pointers
        found[name] = re.findall(r"(\w+)(?:\[[^\]]*\])?;", body)
    return found


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """{struct: {field: offset}} as the C++ compiler lays it out."""
    lines = []
    for name, fields in structs().items():
        lines += [f'  printf("{name} {field} %zu\\n", offsetof({name}, {field}));' for field in fields]
    folder = tmp_path_factory.mktemp("abi")
    program = folder / "layout.cc"
    program.write_text(
        '#include <cstdio>\n#include "pjrt_abi_profiler.h"\nusing namespace hloom::pjrt;\nint main() {\n' + "\n".join(lines) + "\n}\n"
    )
    command = ["c++", "-std=c++20", "-w", f"-I{SOURCE}", str(program), "-o", str(folder / "layout")]
    subprocess.run(command, check=True)
    result = {}
    for line in subprocess.run([folder / "layout"], capture_output=True, text=True, check=True).stdout.splitlines():
        name, field, offset = line.split()
        result.setdefault(name, {})[field] = int(offset)
    return result


def test_the_headers_are_parsed():
    assert len(structs()) > 90
    assert structs()["PJRT_Error_Message_Args"] == ["error", "message", "message_size"]


def test_offsets(layout):
    for name, fields in layout.items():
        if name == "PJRT_Api":
            continue
        theirs = getattr(abi, name)
        for field, offset in fields.items():
            if hasattr(theirs, field):
                assert getattr(theirs, field).offset == offset, f"{name}.{field}"
            else:
                # An anonymous union: its members share the offset of an unnamed field.
                offsets = [getattr(theirs, entry[0]).offset for entry in theirs._fields_]
                assert offset in offsets, f"{name}.{field}"


def test_order_of_slots(layout):
    names = re.findall(r'"(PJRT_\w+)"', (SOURCE / "pjrt_abi_execution.h").read_text())
    theirs = sorted(abi.SLOT, key=abi.SLOT.get)
    assert names == theirs[: len(names)]
    assert layout["PJRT_Api"]["slots"] == abi.VTABLE_OFFSET


def test_each_function_is_in_the_slot_of_its_arguments():
    table = dict(re.findall(r'set<(\w+)>\(api, "(PJRT_\w+)"\)', (SOURCE / "api.cc").read_text()))
    text = "".join((SOURCE / name).read_text() for name in ["functions.h", "error.h", "event.h"])
    declared = dict(re.findall(r"void (\w+)\((PJRT_\w+)_Args& args\)", text))
    assert table == declared


def test_constants():
    for ours, theirs in [("kF6E3M2FN", "PJRT_Buffer_Type_F6E3M2FN"), ("kF4E2M1FN", "PJRT_Buffer_Type_F4E2M1FN")]:
        body = re.search(r"enum PJRT_Buffer_Type : int \{(.*?)\}", header_text(), flags=re.DOTALL)[1]
        names = re.findall(r"k\w+", body)
        assert names.index(ours) == getattr(abi, theirs)
    assert ctypes.sizeof(ctypes.c_void_p) == 8


def test_every_slot_is_filled():
    """Including those without an implementation: JAX calls null pointers."""
    library = ctypes.CDLL(str(SOURCE.parent / "build" / "libhloom_pjrt.so"))
    library.GetPjrtApi.restype = ctypes.c_void_p
    table = library.GetPjrtApi()
    size = ctypes.c_size_t.from_address(table).value
    count = (size - abi.VTABLE_OFFSET) // 8
    slots = (ctypes.c_void_p * count).from_address(table + abi.VTABLE_OFFSET)
    assert count == 128
    assert all(slots)


def test_only_the_entry_point_is_exported():
    library = SOURCE.parent / "build" / "libhloom_pjrt.so"
    symbols = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in symbols.splitlines()] == ["GetPjrtApi"]
