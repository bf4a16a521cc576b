import numpy as np

from ffkeras.benchmark.interpreters import open_interpreter
from ffkeras.benchmark.operations import delegated_operations, profile_operations
from ffkeras.benchmark.parts import assign_parts, layers_in
from ffkeras.benchmark.profile_report import group, operation_parts, profile_json, profile_tables
from ffkeras.benchmark.subject import read_subject
from ffkeras.tflite_file.cut import extract
from ffkeras.tflite_file.graph import TfliteGraph


def test_an_operation_alone_gives_what_it_gives_in_the_graph(lamp_plain):
    graph = TfliteGraph(lamp_plain)
    whole = open_interpreter(lamp_plain, 1)
    shapes = {entry["index"]: entry["shape"].tolist() for entry in whole.get_tensor_details()}
    image = np.random.default_rng(0).integers(-128, 128, whole.get_input_details()[0]["shape"], np.int8)
    values = {whole.get_input_details()[0]["name"]: image}
    for index in range(len(graph.operators)):
        alone = open_interpreter(extract(graph, [index], shapes), 1)
        for details in alone.get_input_details():
            alone.set_tensor(details["index"], values[details["name"]])
        alone.invoke()
        for details in alone.get_output_details():
            values[details["name"]] = alone.get_tensor(details["index"])
    whole.set_tensor(whole.get_input_details()[0]["index"], image)
    whole.invoke()
    for details in whole.get_output_details():
        np.testing.assert_array_equal(values[details["name"]], whole.get_tensor(details["index"]))


def test_operations_inside_a_delegate_are_those_between_its_inputs_and_outputs():
    def entry(index, name, inputs, outputs):
        return {"index": index, "op_name": name, "inputs": inputs, "outputs": outputs}

    details = [
        entry(0, "CONV_2D", [0], [1]),
        entry(1, "AVERAGE_POOL_2D", [1], [2]),
        entry(2, "ADD", [2, 1], [3]),
        entry(3, "DELEGATE", [0], [1]),
        entry(4, "DELEGATE", [2, 1], [3]),
    ]
    assert delegated_operations(details) == ({0, 2}, 2)


def test_profile_has_every_operation_and_its_groups_add_up(lamp_int8):
    subject = read_subject(lamp_int8)
    profile = profile_operations(subject.model, rounds=2)
    assert [entry.index for entry in profile.operations] == list(range(len(TfliteGraph(subject.model).operators)))
    kinds = group(profile.operations, [entry.kind for entry in profile.operations])
    assert sum(entry.operations for entry in kinds) == len(profile.operations)
    total = sum(entry.milliseconds for entry in kinds)
    np.testing.assert_allclose(total + profile.between, profile.whole)
    pooling = next(entry for entry in kinds if entry.name == "AVERAGE_POOL_2D")
    assert pooling.count_outside == 1  # XNNPACK has no int8 average pooling
    assert len(profile_tables("lamp", profile, None)) == 2
    assert len(profile_json(profile, None)["operations"]) == len(profile.operations)


def test_parts_follow_the_layers_names_whatever_number_the_file_starts_from():
    owners = {("conv2d", 0): "backbone", ("conv2d", 1): "heads", ("add", 3): "heads"}
    outputs = [
        ("net_flat/conv2d_47/Conv2D", ["image"]),
        ("net_flat/conv2d_48/BiasAdd;net_flat/other/x", ["net_flat/conv2d_47/Conv2D"]),
        ("net_flat/add_9/add", ["net_flat/conv2d_48/BiasAdd"]),
        ("StatefulPartitionedCall:0", ["net_flat/add_9/add"]),
        ("elsewhere", ["constant"]),
    ]
    assert layers_in(outputs[1][0]) == [("conv2d", 48), ("other", 0)]
    assert assign_parts(outputs, owners) == ["backbone", "heads", "heads", "heads", None]


def test_a_file_whose_network_cannot_be_built_has_no_parts(lamp_int8):
    subject = read_subject(lamp_int8)
    assert operation_parts(subject, profile_operations(subject.model, rounds=1)) is None
