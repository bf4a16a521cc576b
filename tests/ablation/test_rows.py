import pytest

from ffkeras.ablation.rows import Row, Rows, merged, read_rows
from ffkeras.errors import UserError
from ffkeras.files import write_json
from ffkeras.models.config import NETWORKS, default_config

ROOT = Row("root", "documented", network="nano_b")


def test_every_row_of_the_package_is_another_network():
    rows = read_rows()
    networks = [rows.network(row.name) for row in rows]
    assert len(set(networks)) == len(rows)
    for name in NETWORKS:
        assert rows.network(name) == default_config(name)
        assert rows.root(name).name == name


@pytest.mark.slow
@pytest.mark.parametrize("name", [row.name for row in read_rows()])
def test_every_row_of_the_package_can_be_built(name):
    from ffkeras.models.build import build_model

    network = read_rows().network(name)
    assert build_model(network).config == network


def test_changes_are_laid_over_those_of_the_base():
    child = Row("child", "", base="root", changes={"assn": False, "backbone": {"padding": "symmetric"}})
    rows = Rows([ROOT, child, Row("grandchild", "", base="child", changes={"backbone": {"activation": "relu"}})])
    network = rows.network("grandchild")
    assert (network.assn, network.backbone.padding, network.backbone.activation) == (False, "symmetric", "relu")
    assert rows.root("grandchild") == ROOT
    assert rows["grandchild"].against == "child"
    assert rows.choose(["grandchild"]) == ["child", "grandchild"]
    assert list(rows.families(rows.choose(None))) == ["root"]


def test_lists_are_replaced_and_objects_are_merged():
    before = {"a": {"b": [1, 2], "c": 3}}
    assert merged(before, {"a": {"b": [4]}}) == {"a": {"b": [4], "c": 3}}
    assert before == {"a": {"b": [1, 2], "c": 3}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "a/b", "network": "v1"}, "letters, digits"),
        ({"name": "a"}, "either a network or another row"),
        ({"name": "a", "network": "resnet"}, "choose one of v1"),
        ({"name": "a", "network": "v1", "changes": [1]}, "an object of fields"),
        ({"name": "a", "network": "v1", "claim": "better"}, "both a claim and what it expects"),
        ({"name": "a", "network": "v1", "measure": "taste"}, "choose one of held-out AP"),
        ({"name": "a", "network": "v1", "by": 3}, "from 0 to 1"),
    ],
)
def test_a_row_says_what_is_wrong_with_it(values, said):
    with pytest.raises(UserError, match=said):
        Row(title="", **values)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROOT, ROOT], "two rows root"),
        ([Row("a", "", base="gone")], "names a row gone"),
        ([Row("a", "", base="b"), Row("b", "", base="a")], "a base of itself"),
        ([ROOT, Row("a", "", base="root", changes={"pyramid_channels": "many"})], "row a of the table"),
    ],
)
def test_a_table_says_what_is_wrong_with_it(rows, said):
    with pytest.raises(UserError, match=said):
        Rows(rows)


def test_a_file_of_rows_is_read(tmp_path):
    path = tmp_path / "mine.json"
    write_json(path, {"rows": [{"name": "a", "title": "mine", "network": "v1"}]})
    assert [row.title for row in read_rows(path)] == ["mine"]
    write_json(path, {"rows": [{"name": "a", "colour": "red"}]})
    with pytest.raises(UserError, match="is no row"):
        read_rows(path)
    with pytest.raises(UserError, match="has no row 'b'"):
        read_rows().choose(["b"])
