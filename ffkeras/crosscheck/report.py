"""What a cross-check found, runtime by runtime: plain numbers that go to a table, to JSON and back."""

from dataclasses import asdict, dataclass, field

from ffkeras.compare.moved_faces import FaceSummary
from ffkeras.compare.outputs import OperationDifference, OutputDifference


@dataclass(frozen=True)
class RuntimeResult:
    """One runtime.

    Args:
        name: what a reader calls it.
        family: runtimes of one family use the same arithmetic.
        version: of the runtime.
        images: how many images it ran.
        exact: every bit equals the family's first member; None for the first member, and where that is not demanded.
        differences: of the raw outputs from the reference's.
        faces: compared with the reference's on the same images; None where the runtime failed.
        average_precision: "easy", "medium", "hard" on the sample; None without a sample.
        failure: why it could not run; None where it did.
        faults: sentences about limits that it broke; each fails the file.
    """

    name: str
    family: str
    version: str = ""
    images: int = 0
    exact: bool | None = None
    differences: tuple[OutputDifference, ...] = ()
    faces: FaceSummary | None = None
    average_precision: dict[str, float] | None = None
    failure: str | None = None
    faults: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: dict) -> "RuntimeResult":
        """Back from `dataclasses.asdict`."""
        differences = tuple(OutputDifference(**entry) for entry in values["differences"])
        faces = values["faces"] and FaceSummary(**values["faces"])
        return cls(**values | {"differences": differences, "faces": faces, "faults": tuple(values["faults"])})


@dataclass(frozen=True)
class FileReport:
    """One file on every runtime.

    Args:
        file: its name.
        size: bytes.
        network, image_size, quantization: of its record.
        images: how many images were compared in all.
        sample: how many of them average precision was measured on.
        reference: name of the runtime that the others are compared with.
        arena: the smallest arena of TFLite Micro in bytes; None where unknown.
        arena_note: why it is unknown.
        runtimes: the results, the reference first.
        operations: kinds of operations, where they were asked for.
        faults: sentences about the file on all runtimes; each fails it.
        kept_from: the day of the measurement where the cache gave it; empty where it is new.
    """

    file: str
    size: int
    network: str
    image_size: tuple[int, int]
    quantization: str
    images: int
    sample: int
    reference: str
    arena: int | None
    arena_note: str
    runtimes: tuple[RuntimeResult, ...]
    operations: tuple[OperationDifference, ...] = field(default=())
    faults: tuple[str, ...] = ()
    kept_from: str = ""

    @property
    def all_faults(self) -> list[str]:
        """Every sentence that fails the file."""
        of_runtimes = [f"{result.name} {fault}" for result in self.runtimes for fault in result.faults]
        return [*of_runtimes, *self.faults]

    def to_json(self) -> dict:
        """As a JSON object; `from_json` reads it back to an equal value."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> "FileReport":
        """Back from `to_json`, also after a way through a file."""
        return cls(
            **values
            | {
                "image_size": tuple(values["image_size"]),
                "runtimes": tuple(RuntimeResult.from_json(entry) for entry in values["runtimes"]),
                "operations": tuple(OperationDifference(**entry) for entry in values["operations"]),
                "faults": tuple(values["faults"]),
            }
        )
